"""Refusal: why an upload is not taken."""


class Refusal(Exception):
    """It is not taken; the message says why, and what would be, to whoever uploaded it."""
