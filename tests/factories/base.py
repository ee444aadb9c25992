"""The times of factories, distinct numbers, and how a row is stored."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from webapp.db import Base
from webapp.domain import reasons
from webapp.domain.reasons import Reason

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)

numbers = itertools.count(1)

Row = TypeVar("Row", bound=Base)


def add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def as_reason(given: Any) -> Reason | None:
    """A text stands for the reason whose code it is; ``messages`` shows unknown codes."""
    return reasons.reason(given) if isinstance(given, str) else cast("Reason | None", given)
