"""Exceptions that services and queries raise; views and commands turn them into answers."""

#: What values that nobody expected can raise. Time-outs of a job, and a database that fails, are
#: not among them.
DATA_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Invalid(Exception):
    """Bad input: names the field and says the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class NotFound(Exception):
    """There is no such row for this viewer."""


class Conflict(Exception):
    """It cannot be done now; the message says why."""
