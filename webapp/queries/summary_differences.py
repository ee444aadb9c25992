"""Differences between figures that are stored and the rows of which they are the sum."""

from dataclasses import dataclass

from sqlalchemy import Select, Subquery, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from webapp.models import (
    Account,
    Certificate,
    Deposit,
    Device,
    Feed,
    PartnerMonth,
    Server,
    ServerDay,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two figures that should be equal, and the row that causes the difference.

    ``kind``: of a feed, a device or a month, the row itself; of a server (a day) or a partner (a
    month), its summary; of the audit trail, the entry that does not continue it.
    """

    kind: str
    id: int
    name: str
    expected: int
    found: int
    unit: str = "pages"

    def __str__(self) -> str:
        figures = f"{self.expected:,} and {self.found:,} {self.unit}"
        return f"{self.kind} {self.name} (id {self.id}): {figures}"


def device_counts(session: Session, ids: Select[int]) -> list[Difference]:
    """Return feeds whose number of devices is not that of their devices, without joined ones."""
    number = func.count(Device.id)
    rows = session.execute(
        select(Feed.id, Feed.customer_name, number, Feed.device_count)
        .outerjoin(Device, and_(Device.feed_id == Feed.id, Device.moved_to.is_(None)))
        .where(Feed.id.in_(ids))
        .group_by(Feed.id, Feed.customer_name, Feed.device_count)
        .having(number != Feed.device_count)
        .order_by(Feed.id)
    )
    return [Difference("Feed", *row, "devices") for row in rows]


def server_days(session: Session, ids: Select[int]) -> list[Difference]:
    """Return days of these feeds' servers whose summary is not the sum of their deposits."""
    servers = select(Feed.server_id).where(Feed.id.in_(ids))
    rows = union_all(
        select(
            Feed.server_id,
            Deposit.day,
            Deposit.counted_in,
            Deposit.pages.label("deposited"),
            literal(0).label("summed"),
        )
        .join(Feed, Feed.id == Deposit.feed_id)
        .where(Feed.server_id.in_(servers)),
        select(
            ServerDay.server_id, ServerDay.day, ServerDay.counted_in, literal(0), ServerDay.pages
        ).where(ServerDay.server_id.in_(servers)),
    ).subquery()
    expected, found = func.sum(rows.c.deposited), func.sum(rows.c.summed)
    key = (rows.c.server_id, Server.name, rows.c.day, rows.c.counted_in)
    return [
        Difference("Server", server_id, f"{name}, {day} in {month}", int(deposited), int(summed))
        for server_id, name, day, month, deposited, summed in session.execute(
            select(*key, expected, found)
            .join(Server, Server.id == rows.c.server_id)
            .group_by(*key)
            .having(expected != found)
            .order_by(rows.c.server_id, rows.c.day, rows.c.counted_in)
        )
    ]


def partner_months(session: Session, ids: Select[int]) -> list[Difference]:
    """Return months of these feeds' partners whose summary is not the sum of their certificates."""
    rows = _certified_and_summed(ids)
    stated, summed = func.sum(rows.c.stated), func.sum(rows.c.summed)
    issued, counted = func.sum(rows.c.issued), func.sum(rows.c.counted)
    key = (rows.c.partner_id, Account.name, rows.c.month)
    found = []
    for partner_id, name, month, *sums in session.execute(
        select(*key, stated, summed, issued, counted)
        .join(Account, Account.id == rows.c.partner_id)
        .group_by(*key)
        .having(or_(stated != summed, issued != counted))
        .order_by(rows.c.partner_id, rows.c.month)
    ):
        pages, summed_pages, number, summed_number = map(int, sums)
        named = f"{name}, {month}"
        found.append(Difference("Partner", partner_id, named, pages, summed_pages))
        found.append(
            Difference("Partner", partner_id, named, number, summed_number, "certificates")
        )
    return [one for one in found if one.expected != one.found]


def _certified_and_summed(ids: Select[int]) -> Subquery:
    """Select the pages and number of certificates, and those of the summaries, by month."""
    partners = select(Server.account_id).join(Feed.server).where(Feed.id.in_(ids))
    return union_all(
        select(
            Account.partner_id,
            Certificate.month,
            Certificate.pages.label("stated"),
            literal(1).label("issued"),
            literal(0).label("summed"),
            literal(0).label("counted"),
        )
        .join(Account, Account.id == Certificate.account_id)
        .where(Account.partner_id.in_(partners)),
        select(
            PartnerMonth.partner_id,
            PartnerMonth.month,
            literal(0),
            literal(0),
            PartnerMonth.pages,
            PartnerMonth.certificates,
        ).where(PartnerMonth.partner_id.in_(partners)),
    ).subquery()
