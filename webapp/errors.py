"""Exceptions that services and queries raise; views and commands turn them into answers."""


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
