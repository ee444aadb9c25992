"""Reasons: why something was not counted, failed or changed, as a code and parameters.

A reason is stored as JSON; ``webapp.messages`` returns its sentence. External text is always a
parameter.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypedDict


class Reason(TypedDict):
    """A code of ``webapp.messages`` and the values for its sentence.

    ``params``: texts, numbers, dates as ISO text, and other reasons.
    """

    code: str
    params: dict[str, Any]


def reason(code: str, /, **params: str | int | date | Reason | None) -> Reason:
    """Return the reason with a code: ``reason("listed_several_times", times=2)``."""
    return {
        "code": code,
        "params": {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in params.items()
        },
    }
