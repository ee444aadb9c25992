"""The number of statements of a page does not depend on the number of rows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from tests.queries import counted
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Account, AuditEntry, Device, Feed, FeedEvent, Server, User

#: Both are more than a page: a list of one page need not be counted.
FEW, MANY = 52, 60
LISTS = (
    "/", "/servers", "/feeds", "/devices", "/accounts", "/review", "/review?kind=limit",
    "/certificates", "/collections", "/users", "/audit", "/reconciliation", "/notices",
    "/operations", "/operations/mails", "/search?q=customer",
)  # fmt: skip
DETAILS = (
    "/servers/{server}", "/feeds/{feed}", "/feeds/{feed}/history", "/devices/{device}",
    "/accounts/{partner}", "/accounts/{partner}/business-review", "/accounts/{customer}",
    "/accounts/{customer}/years/2026",
    "/review/{delta}", "/certificates/{number}", "/collections/{collection}", "/users/{user}",
    "/operations/mails/{mail}",
)  # fmt: skip


def add(session: Session, partner: Account, server: Server, first: int, last: int) -> None:
    """Rows of every kind; the first feed has as many printers."""
    nora = session.scalars(select(User).where(User.email == "nora@example.com")).one()
    for number in range(first, last):
        factories.server(session, partner, name=f"Login {number}")
        customer = factories.customer(session, partner, name=f"Customer {number:02}")
        _add_to_one_feed(session, server, number)
        factories.user(session, customer, email=f"user{number}@example.com")
        feed = factories.feed(session, server, customer, customer_name=f"Customer {number:02}")
        factories.deposit(session, feed)
        device = factories.device(session, feed)
        factories.delta(session, device, state="held", pages=900_000)
        factories.certificate(session, customer)
        collection = factories.collection(session, server, kind="manual")
        factories.outcome(session, collection, feed)
        entry = {"place": "browser", "action": "feeds connected", "subject": "x", "details": {}}
        session.add(AuditEntry(at=NOW, user_id=nora.id, account_id=partner.id, **entry))
    session.flush()


def _add_to_one_feed(session: Session, server: Server, number: int) -> None:
    """More of everything that the pages of the first feed, and of what is under it, show."""
    feed = session.scalars(
        select(Feed).where(Feed.server_id == server.id).order_by(Feed.id)
    ).first()
    if feed is None:
        return
    device = session.scalars(select(Device).where(Device.feed_id == feed.id)).first()
    device = device or factories.device(session, feed)
    session.flush()
    day = NOW.date() - timedelta(days=number + 1)
    factories.deposit(session, feed, day=day)
    factories.reading(session, device, day=day)
    factories.health_change(session, feed)
    details = {"name": "A-1", "since": str(day)}
    what = {"kind": "returned", "details": details, "day": day, "at": NOW}
    session.add(FeedEvent(feed_id=feed.id, device_id=device.id, **what))
    factories.user(session, feed.account, email=f"also{number}@example.com")


@pytest.mark.parametrize("email", ["ops@example.com", "nora@example.com"])
@pytest.mark.slow
def test_more_rows_need_no_more_queries(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
    email: str,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(session, partner)
        add(session, partner, server, 0, FEW)
        feed = factories.feed(session, server)
        session.flush()
        names: dict[str, int | str] = {"server": server.id, "feed": feed.id, "partner": partner.id}
        device = factories.device(session, feed)
        collection = factories.collection(session, server)
        factories.outcome(session, collection, feed)
        cara = factories.user(session, feed.account, email="cara@example.com")
        names["customer"], names["user"] = feed.account_id, cara.id
        names["device"], names["collection"] = device.id, collection.id
        names["delta"] = factories.delta(session, device, state="held", day=NOW.date()).id
        names["number"] = factories.certificate(session, feed.account, month="2026-09").number
        names["mail"] = factories.mail(session, cara).id
    visitor = log_in(email)
    paths = [path.format_map(names) for path in (*LISTS, *DETAILS)]
    few = {path: count_queries(visitor, path) for path in paths}
    with transaction() as session:
        partner = session.get_one(Account, names["partner"])
        add(session, partner, session.get_one(Server, names["server"]), FEW, MANY)

    many = {path: count_queries(visitor, path) for path in paths}

    assert many == few
    assert email != "ops@example.com" or all(few.values()), few
    assert max(many.values()) <= 20


def count_queries(visitor: Visitor, path: str) -> int:
    """The number of statements of a page; 0 for one that the user may not see."""
    visitor.get(path)  # whatever is remembered after the first time is remembered now
    with counted() as statements:
        response = visitor.get(path)
    return len(statements) if response.status_code == 200 else 0
