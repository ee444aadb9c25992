"""Actions that change nothing: no entry in the audit trail, and a message that says so."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp.models import AuditEntry, User

BY_HAND = {"is_read_by_hand": "y", "read_by_hand": "30"}


def things(transaction: Transaction) -> dict[str, int]:
    """A partner with a brand and one of everything, and operations; the ids."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.brand(session, partner, name="North")
        user = factories.user(session, partner)
        gone = factories.user(session, partner, disabled_at=NOW)
        factories.user(session, factories.operations(session), email="ops@example.com")
        server = factories.server(session, partner, name="Main login")
        feed = factories.feed(session, server, customer_name="Clinic")
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        return {
            "server": server.id,
            "feed": feed.id,
            "user": user.id,
            "disabled": gone.id,
            "partner": partner.id,
            "customer": feed.account_id,
        }


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("/feeds/{feed}/deactivate", {}, "Clinic is already inactive."),
        ("/feeds/{feed}/remove", {}, "Clinic has already been removed."),
        ("/servers/{server}/name", {"name": "Second"}, "Nothing was changed."),
        ("/servers/{server}/remove", {}, "Main login has already been removed."),
        ("/users/{user}/disable", {}, "is already disabled."),
        ("/users/{disabled}/enable", {}, "is not disabled."),
        ("/feeds/{feed}/read-by-hand", BY_HAND, "Nothing was changed."),
        ("/accounts/{customer}/sharing", {"action": "badge-on"}, "Nothing was changed."),
        ("/accounts/{customer}/sharing", {"action": "unnamed"}, "Nothing was changed."),
        ("/accounts/{partner}/brand/reset/all", {}, "Nothing was changed."),
    ],
)
def test_an_action_that_changes_nothing_is_audited_once(
    log_in: Callable[[User | str], Visitor],
    transaction: Transaction,
    path: str,
    fields: dict[str, str],
    message: str,
) -> None:
    ids = things(transaction)
    olga = log_in("ops@example.com")

    olga.post(path.format(**ids), fields)
    first = olga.get("/").text
    olga.post(path.format(**ids), fields)
    second = olga.get("/").text

    assert message not in first
    assert message in second
    with transaction() as session:
        query = select(func.count()).where(AuditEntry.action != "user logged in")
        assert session.scalar(query) == 1


@pytest.mark.parametrize(
    ("email", "path", "fields"),
    [
        (
            "nora@example.com",
            "/profile/edit",
            {"full_name": "Nora North", "language": "en_GB", "time_zone": ""},
        ),
        ("nora@example.com", "/notices", {"server": "y"}),
        ("ops@example.com", "/accounts/{customer}/badge/renew", {}),
    ],
)
def test_a_form_that_changes_nothing_is_not_reported_as_saved(
    log_in: Callable[[User | str], Visitor],
    transaction: Transaction,
    email: str,
    path: str,
    fields: dict[str, str],
) -> None:
    address = path.format(**things(transaction))
    visitor = log_in(email)

    pages = []
    for _ in range(2):
        visitor.post(address, fields)
        pages.append(visitor.get("/").text)

    assert "Nothing was changed." in pages[-1]
    if "badge" not in path:  # of which there is none
        assert "Nothing was changed." not in pages[0]
