"""A page asks the database as often, however many rows there are."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from tests.queries import counted
from tests.views.conftest import Storing, Visitor
from webapp import clock
from webapp.models import Account, AuditEntry, Server, User

#: Both are more than a page: a list of one page need not be counted.
FEW, MANY = 52, 60
LISTS = (
    "/", "/servers", "/feeds", "/devices", "/accounts", "/held", "/certificates", "/collections",
    "/users", "/audit", "/reconciliation",
)  # fmt: skip
DETAILS = ("/servers/{server}", "/feeds/{feed}", "/accounts/{partner}", "/accounts/{customer}")


def add(session: Session, partner: Account, server: Server, first: int, last: int) -> None:
    """Rows of every kind; the first feed has as many printers."""
    nora = session.scalars(select(User).where(User.email == "nora@example.com")).one()
    for number in range(first, last):
        factories.server(session, partner, name=f"Login {number}")
        customer = factories.customer(session, partner, name=f"Customer {number:02}")
        factories.user(session, customer, email=f"user{number}@example.com")
        feed = factories.feed(session, server, customer, customer_name=f"Customer {number:02}")
        factories.deposit(session, feed)
        device = factories.device(session, feed)
        factories.delta(session, device, state="held", pages=900_000)
        factories.certificate(session, customer)
        collection = factories.collection(session, server, kind="now")
        factories.outcome(session, collection, feed)
        entry = {"place": "browser", "action": "feeds tied", "subject": "x", "details": {}}
        session.add(AuditEntry(at=NOW, user_id=nora.id, account_id=partner.id, **entry))
    session.flush()


@pytest.mark.parametrize("email", ["ops@example.com", "nora@example.com"])
def test_more_rows_need_no_more_queries(
    storing: Storing,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
    email: str,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with storing() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(session, partner)
        add(session, partner, server, 0, FEW)
        feed = factories.feed(session, server)
        names = {"server": server.id, "feed": feed.id, "partner": partner.id}
        names["customer"] = feed.account_id
    visitor = log_in(email)
    paths = [path.format_map(names) for path in (*LISTS, *DETAILS)]
    few = {path: asked(visitor, path) for path in paths}
    with storing() as session:
        partner = session.get_one(Account, names["partner"])
        add(session, partner, session.get_one(Server, names["server"]), FEW, MANY)

    many = {path: asked(visitor, path) for path in paths}

    assert many == few
    assert max(many.values()) <= 20


def asked(visitor: Visitor, path: str) -> int:
    """How often a page asks the database; 0 for one that the visitor may not see."""
    visitor.opens(path)  # whatever is remembered after the first time is remembered now
    with counted() as statements:
        answer = visitor.opens(path)
    return len(statements) if answer.status_code == 200 else 0
