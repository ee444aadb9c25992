"""Errors of uploaded images."""


class InvalidImage(Exception):
    """An upload is refused; the message has the reason and what would be accepted."""
