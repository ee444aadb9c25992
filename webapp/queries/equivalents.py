"""The equivalents that are on, with their factors and sources."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Equivalent


def factors(session: Session) -> Sequence[Equivalent]:
    """Return the factors that operations entered, water first."""
    return session.scalars(select(Equivalent).order_by(Equivalent.kind.desc())).all()
