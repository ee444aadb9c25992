"""Exceptions of services and queries; views and commands turn them into responses."""

#: Errors by unexpected values. Time-outs of a job and failures of the database are not included.
DATA_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Invalid(Exception):
    """Invalid input; names the field and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class NotFound(Exception):
    """The row does not exist, or not for this viewer."""


class Conflict(Exception):
    """The operation is not possible now; the message states the reason."""
