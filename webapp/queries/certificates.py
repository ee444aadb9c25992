"""Certificates: the list, single ones, and their documents."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.months import Month
from webapp.models import (
    Account,
    Certificate,
    ClosedMonth,
    Deposit,
    Document,
    Feed,
    PartnerMonth,
)
from webapp.queries import access, lists
from webapp.queries.viewer import Viewer

#: Each has an index, because there is a certificate per customer and month.
COLUMNS = {
    "month": Certificate.month,
    "customer": Certificate.account_name,
    "pages": Certificate.pages,
    "number": Certificate.number,
}
#: Documents of an archive that are read at once.
_DOCUMENTS_AT_ONCE = 100
_WITHOUT_DOCUMENT = (
    select(Certificate)
    .outerjoin(Document, Document.certificate_id == Certificate.id)
    .where(Document.certificate_id.is_(None))
    .order_by(Certificate.id)
)


def months(session: Session, viewer: Viewer) -> Sequence[str]:
    """Return the months of the certificates a viewer may see, the latest first."""
    query: Any
    if viewer.role == "customer":
        query = access.certificates(viewer).with_only_columns(Certificate.month)
        return session.scalars(query.distinct().order_by(Certificate.month.desc())).all()
    query = select(PartnerMonth.month).where(PartnerMonth.certificates > 0)
    if not viewer.is_operations:
        query = query.where(PartnerMonth.partner_id == viewer.account_id)
    return session.scalars(query.distinct().order_by(PartnerMonth.month.desc())).all()


def search(
    viewer: Viewer,
    *,
    text: str = "",
    month: str = "",
    account_id: int | None = None,
    sort: str = "-month",
) -> Select[Any]:
    """Select the certificates of the accounts a viewer may see."""
    query: Any = access.certificates(viewer)
    query = query.outerjoin(Document, Document.certificate_id == Certificate.id)
    if text:
        query = query.where(lists.contains(text, Certificate.account_name, Certificate.number))
    if month:
        query = query.where(Certificate.month == month)
    if account_id is not None:
        query = query.where(Certificate.account_id == account_id)
    query = query.with_only_columns(
        Certificate.id,
        Certificate.number,
        Certificate.public_id,
        Certificate.month,
        Certificate.account_name,
        Certificate.partner_name,
        Certificate.pages,
        Certificate.late_pages,
        Certificate.corrections,
        Certificate.carried_pages,
        Certificate.trees,
        Certificate.pages_per_tree,
        Certificate.project,
        Certificate.issued_on,
        Document.certificate_id.is_not(None).label("is_rendered"),
    )
    then = (Certificate.month.desc(), Certificate.account_name, Certificate.id)
    return lists.order(query, COLUMNS, sort, *then)


def has_any(session: Session, query: Select[Any]) -> bool:
    """Whether a list has a certificate."""
    return session.execute(query.limit(1)).first() is not None


def not_rendered(session: Session, query: Select[Any]) -> Sequence[str]:
    """Return the numbers of the certificates of a list without a document."""
    missing = query.where(Document.certificate_id.is_(None))
    return session.scalars(missing.with_only_columns(Certificate.number)).all()


def documents(session: Session, query: Select[Any]) -> Iterable[Any]:
    """Yield number, PDF and rendering time of the rendered certificates of a list."""
    columns = (Certificate.number, Document.pdf, Document.rendered_at)
    rendered = query.where(Document.certificate_id.is_not(None)).with_only_columns(*columns)
    return session.execute(rendered.execution_options(yield_per=_DOCUMENTS_AT_ONCE))


def published(session: Session, public_id: str) -> Certificate | None:
    """Return the certificate of a public address, with its account."""
    if not (public_id.isascii() and public_id.isprintable() and len(public_id) <= 43):
        return None
    return session.scalar(
        select(Certificate)
        .where(Certificate.public_id == public_id)
        .options(joinedload(Certificate.account))
    )


def by_number(session: Session, number: str) -> Certificate | None:
    """Return the certificate of a number."""
    return session.scalar(select(Certificate).where(Certificate.number == number))


def customers_to_close(
    session: Session, month: Month, account_id: int | None
) -> Sequence[tuple[int, str]]:
    """Return the id and name of customers that may have a month to close, by name.

    They had a feed or pages by the end of the month. ``account_id``: only this customer, or the
    customers of this partner.
    """
    feeds = select(Feed.id).where(Feed.account_id == Account.id)
    # One day later the month has ended in all time zones.
    ended = datetime.combine(month.last + timedelta(days=2), time(), tzinfo=UTC)
    deposits = exists().where(
        Deposit.feed_id.in_(feeds), Deposit.counted_in <= str(month), Deposit.pages != 0
    )
    had_feed = feeds.where(Feed.created_at < ended).exists()
    query = select(Account.id, Account.name).where(
        Account.kind == "customer", or_(had_feed, deposits)
    )
    if account_id is not None:
        query = query.where(or_(Account.id == account_id, Account.partner_id == account_id))
    return session.execute(query.order_by(Account.name, Account.id)).all()


def of_month(session: Session, account_id: int, month: Month) -> Certificate | None:
    """Return the certificate of an account's month; None if there is none."""
    return session.scalar(
        select(Certificate).where(
            Certificate.account_id == account_id, Certificate.month == str(month)
        )
    )


def document(session: Session, certificate: Certificate) -> Document | None:
    """Return the document of a certificate, if it is rendered."""
    return session.get(Document, certificate.id)


def is_rendered(session: Session, certificate: Certificate) -> bool:
    """Whether a certificate has its document; without loading it."""
    rendered = exists().where(Document.certificate_id == certificate.id)
    return bool(session.scalar(select(rendered)))


def pending_render(session: Session) -> Sequence[int]:
    """Return the ids of the certificates that have no document yet."""
    return session.scalars(_WITHOUT_DOCUMENT.with_only_columns(Certificate.id)).all()


def pending_in(session: Session, first: int, last: int) -> Sequence[Certificate]:
    """Return the certificates of a range of ids that have no document yet."""
    return session.scalars(_WITHOUT_DOCUMENT.where(Certificate.id.between(first, last))).all()


def latest(session: Session, account_id: int) -> Certificate | None:
    """Return the latest certificate of an account."""
    return session.scalar(
        select(Certificate)
        .where(Certificate.account_id == account_id)
        .order_by(Certificate.month.desc())
        .limit(1)
    )


def last_closed_months(session: Session) -> dict[int, Month]:
    """Return the latest closed month of each account that has one, by account."""
    rows = session.execute(
        select(ClosedMonth.account_id, func.max(ClosedMonth.month)).group_by(ClosedMonth.account_id)
    )
    return {account_id: Month.parse(month) for account_id, month in rows}


def carried_pages(session: Session, account_id: int) -> dict[Month, int]:
    """Return the pages of closed months that no certificate states yet, in order of the months.

    They are carried to the next certificate. A later month is negative if more pages of earlier
    ones were withdrawn than it had.
    """
    rows = session.execute(
        select(ClosedMonth.month, func.sum(Deposit.pages))
        .join(Feed, Feed.account_id == ClosedMonth.account_id)
        .join(Deposit, (Deposit.feed_id == Feed.id) & (Deposit.counted_in == ClosedMonth.month))
        .where(ClosedMonth.account_id == account_id, ClosedMonth.certified_in.is_(None))
        .group_by(ClosedMonth.month)
        .order_by(ClosedMonth.month)
    )
    return {Month.parse(month): int(pages) for month, pages in rows if pages}


def carried_months(session: Session, account_id: int) -> dict[Month, str | None]:
    """Return the closed months of an account that its own certificate does not state.

    With the number of the later certificate that does; None: they are still carried.
    """
    rows = session.execute(
        select(ClosedMonth.month, Certificate.number)
        .outerjoin(
            Certificate,
            (Certificate.account_id == ClosedMonth.account_id)
            & (Certificate.month == ClosedMonth.certified_in),
        )
        .where(
            ClosedMonth.account_id == account_id,
            ClosedMonth.certified_in.is_distinct_from(ClosedMonth.month),
        )
    )
    return {Month.parse(month): number for month, number in rows}
