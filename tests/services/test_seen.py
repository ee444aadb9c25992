"""What a page shows of one thing is what its entity says."""

from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp import asking
from webapp.errors import NotFound
from webapp.models import Account
from webapp.queries.access import Viewer
from webapp.services import seen
from webapp.services.seen import SeenAccount

OPERATIONS = Viewer("operations", None, None)
#: What one is shown with that its entity finds under another name.
ELSEWHERE = {"asset_id", "serial_number", "customer_name"}


def differences(shown: Any, entity: Any) -> list[str]:
    """The columns in which what is shown differs; accounts are compared with theirs."""
    found = []
    for field in fields(shown):
        told, kept = getattr(shown, field.name), getattr(entity, field.name, None)
        if isinstance(told, SeenAccount):
            assert isinstance(kept, Account)
            found += differences(told, kept)
        elif field.name != "server" and told != kept:
            found.append(f"{field.name}: {told!r}, {kept!r}")
    return found


def test_an_account_a_server_and_a_feed_are_shown_as_they_are(session: Session) -> None:
    partner = factories.partner(session, name="Northwind", country="US", time_zone="Asia/Tokyo")
    partner.language, partner.region = "es", "NY"
    server = factories.server(session, partner, name="Login")
    server.health, server.health_reason, server.removed_at = "unhealthy", "No answer", NOW
    customer = factories.customer(session, partner, name="Clinic")
    feed = factories.feed(session, server, customer, customer_name="Clinic", customer_id="C1")
    feed.heard_on, feed.activated_at = NOW.date(), NOW
    session.flush()

    account = asking.answer(session, seen.account(OPERATIONS, customer.id))
    login = asking.answer(session, seen.server(OPERATIONS, server.id))
    tied = asking.answer(session, seen.feed(OPERATIONS, feed.id))

    assert differences(account, customer) == []
    assert account.partner is not None
    assert account.partner.partner is None
    assert (account.zone, account.certified_in) == (customer.zone, "es")
    assert account.holiday_country == customer.holiday_country == "US"
    assert differences(login, server) == []
    assert login.paused
    assert differences(tied, feed) == []
    assert (tied.server.name, tied.server.paused) == ("Login", True)


def test_a_gain_is_shown_as_it_is_with_whose_it_is(session: Session) -> None:
    feed = factories.feed(session, customer_name="Clinic")
    device = factories.device(session, feed)
    delta = factories.delta(session, device, state="rejected", pages=900, reason="A slip")
    delta.decided_at, delta.proposed = NOW, 7
    session.flush()

    shown = asking.answer(session, seen.gain(OPERATIONS, delta.id))

    for name in ELSEWHERE:
        assert getattr(shown, name) == getattr(feed if name == "customer_name" else device, name)
    assert differences(shown.account, feed.account) == []
    of_its_own = [
        field.name for field in fields(shown) if field.name not in {*ELSEWHERE, "account"}
    ]
    assert [getattr(shown, name) for name in of_its_own] == [
        getattr(delta, name) for name in of_its_own
    ]


def test_what_is_not_ones_own_is_not_there(session: Session) -> None:
    feed = factories.feed(session)
    delta = factories.delta(session, factories.device(session, feed), state="held")
    other = factories.partner(session, name="Other")
    session.flush()
    strangers = Viewer("partner_admin", other.id, None)
    own = Viewer("customer", feed.account_id, None)

    for question in (
        seen.account(strangers, feed.account_id),
        seen.server(strangers, feed.server_id),
        seen.server(own, feed.server_id),
        seen.feed(strangers, feed.id),
        seen.gain(strangers, delta.id),
        seen.gain(own, delta.id),
        seen.feed(OPERATIONS, 999_999),
    ):
        with pytest.raises(NotFound):
            asking.ask(session, question)
    for number in (0, -1, 2**31):
        with pytest.raises(NotFound):
            seen.feed(OPERATIONS, number)
    assert asking.answer(session, seen.feed(own, feed.id)).id == feed.id
