"""Summaries: pages per server, day and month counted in; certified pages per partner and month.

Call within the transaction that writes the summed rows. Rows are changed in the order of their
keys, so that concurrent transactions wait for each other and do not deadlock.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from webapp.db import upsert
from webapp.models import PartnerMonth, ServerDay


def add_deposits(session: Session, server_id: int, pages: Mapping[tuple[date, str], int]) -> None:
    """Add pages deposited for feeds of a server, by day and month counted in, or subtract them."""
    rows = [
        {"server_id": server_id, "day": day, "counted_in": counted_in, "pages": added}
        for (day, counted_in), added in sorted(pages.items())
        if added
    ]
    upsert(session, ServerDay, rows, key=("server_id", "day", "counted_in"), add=("pages",))


def add_certificate(session: Session, partner_id: int, month: str, pages: int) -> None:
    """Add a certificate of one of a partner's customers."""
    row = {"partner_id": partner_id, "month": month, "certificates": 1, "pages": pages}
    upsert(
        session,
        PartnerMonth,
        [row],
        key=("partner_id", "month"),
        add=("certificates", "pages"),
    )
