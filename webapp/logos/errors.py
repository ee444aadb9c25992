"""Errors of uploaded images."""


class InvalidImage(Exception):
    """An upload is refused; the message tells the user why, and what would be accepted."""
