"""Fleets registered twice: found by their serial numbers, refused or waiting for approval."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.services.emails import rendered
from tests.services.fleets import AWAITS, FIVE, KEYS, LATER, count, registered, replaced, serials
from webapp.errors import Conflict, Invalid
from webapp.models import FleetSerial, Server, ServerOverlap
from webapp.queries import overlaps as queries
from webapp.services.notifications import approval_emails
from webapp.services.servers import overlaps, servers


@pytest.mark.both_databases
def test_a_fleet_that_the_partner_has_already_is_refused_with_the_servers_name(
    session: Session,
) -> None:
    boston = registered(session, name="Boston")

    with pytest.raises(Invalid, match="“Boston”") as refused:
        registered(session, boston.account, serials(*range(5), 77), name="Again")

    assert refused.value.field == "token"
    assert session.scalars(select(Server.name)).all() == ["Boston"]
    assert count(session, FleetSerial) == 5
    assert count(session, ServerOverlap) == 0


@pytest.mark.both_databases
def test_a_fleet_of_another_partner_awaits_approval_without_its_name(
    session: Session,
) -> None:
    first = registered(session)

    later = registered(session)

    assert first.awaiting_approval_since is None
    assert later.awaiting_approval_since is not None
    assert queries.reason_to_wait(session, first) is None
    assert queries.reason_to_wait(session, later) == AWAITS
    [overlap] = queries.pending(session)
    assert (overlap.server_id, overlap.other_id, overlap.shared) == (later.id, first.id, 5)


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (serials(1, 2, 3, 4), serials(1, 2, 3, 4), False),
        (serials(1, 2, 3, 4, 10), serials(1, 2, 3, 4, 11), False),
        (serials(1, 2, 3, 4, 5), serials(1, 2, 3, 4, 5), True),
        (serials(*range(11)), serials(*range(6, 17)), False),
        (serials(*range(10)), serials(*range(5, 15)), True),
        (serials(*range(100)), serials(*range(50, 55)), True),
        (serials(*range(50, 55)), serials(*range(100)), True),
        (serials(*range(100)), serials(*range(91, 200)), False),
        (serials(1, 2, 3, 4, 5), [f" cnb1l 000{n}\u00a0" for n in range(1, 6)], True),
        (["N/A", "none", "XXXXXXXX", "0000000000", "", " ", "unknown", "TBD"] * 2, None, False),
        ([*serials(1, 2, 3, 4), "N/A", "0000000"], None, False),
        ([*serials(1, 2, 3, 4), "cnb1l 0001", "CNB1L0002 "], None, False),
        ([], [], False),
    ],
)
def test_fleets_overlap_from_five_serial_numbers_and_half_of_the_smaller_one(
    session: Session, first: list[str], second: list[str] | None, overlap: bool
) -> None:
    registered(session, fleet=first)

    later = registered(session, fleet=first if second is None else second)

    assert (later.awaiting_approval_since is not None) is overlap


@pytest.mark.both_databases
def test_a_removed_server_overlaps_with_none(session: Session) -> None:
    first = registered(session)
    servers.remove(session, first, LATER)

    anew = registered(session, first.account)
    elsewhere = registered(session, fleet=serials(*range(100, 110)))

    assert anew.awaiting_approval_since is None
    assert elsewhere.awaiting_approval_since is None
    assert count(session, FleetSerial) == 15


@pytest.mark.parametrize("removed", ["earlier", "later"])
def test_removing_either_server_ends_the_wait_for_approval(session: Session, removed: str) -> None:
    earlier, later = registered(session), registered(session)

    servers.remove(session, earlier if removed == "earlier" else later, LATER)

    session.refresh(later)
    assert later.awaiting_approval_since is None
    assert count(session, ServerOverlap) == 0


@pytest.mark.both_databases
def test_of_three_servers_the_last_still_waits_for_the_second(session: Session) -> None:
    first, second, third = (registered(session) for _ in range(3))

    servers.remove(session, first, LATER)

    for server in (second, third):
        session.refresh(server)
    assert second.awaiting_approval_since is None
    assert third.awaiting_approval_since is not None


def test_a_token_of_the_same_fleet_may_replace_a_token(session: Session) -> None:
    server = registered(session)

    replaced(session, server, serials(*range(1, 7)))

    assert server.awaiting_approval_since is None
    assert server.fleet_since is None or server.fleet_since == server.created_at
    assert count(session, FleetSerial) == 6


def test_a_token_of_another_own_fleet_may_not_replace_a_token(session: Session) -> None:
    boston = registered(session, name="Boston")
    salem = registered(session, boston.account, serials(*range(50, 60)), name="Salem")

    for server, fleet, name in ((boston, range(50, 60), "Salem"), (salem, range(5), "Boston")):
        with pytest.raises(Invalid, match=name):
            replaced(session, server, serials(*fleet))

    assert count(session, FleetSerial) == 15
    assert {server.awaiting_approval_since for server in (boston, salem)} == {None}
    assert boston.decrypt_token(KEYS) == "token-0"


def test_a_server_that_gets_the_fleet_of_another_partner_is_the_later_one(
    session: Session,
) -> None:
    old = registered(session, fleet=serials(*range(50, 60)))
    owner = registered(session)

    replaced(session, old, FIVE)

    assert old.awaiting_approval_since is not None
    assert owner.awaiting_approval_since is None
    assert queries.reason_to_wait(session, old) == AWAITS


def test_a_token_of_a_separate_fleet_ends_the_wait_for_approval(session: Session) -> None:
    registered(session)
    later = registered(session)

    replaced(session, later, serials(*range(50, 60)))

    assert later.awaiting_approval_since is None
    assert count(session, ServerOverlap) == 0


def test_approved_servers_are_not_reported_again(session: Session) -> None:
    earlier, later = registered(session), registered(session)

    overlaps.approve(session, later, LATER)

    for server in (earlier, later):
        assert overlaps.check_fleet(session, server, FIVE, LATER) is None
    assert queries.pending(session) == []
    with pytest.raises(Conflict):
        overlaps.approve(session, later, LATER)


def test_an_approval_is_of_one_pair_alone(session: Session) -> None:
    _, later = registered(session), registered(session)
    overlaps.approve(session, later, LATER)
    third = registered(session)

    replaced(session, third, FIVE)

    assert queries.reason_to_wait(session, later) is None
    assert queries.reason_to_wait(session, third) == AWAITS


@pytest.mark.usefixtures("public_app")
@pytest.mark.both_databases
def test_operations_get_one_email_and_partners_none(session: Session) -> None:
    operator = factories.user(session, factories.operations(session))
    earlier = registered(session, name="Boston")
    later = registered(session, name="Elsewhere")
    for server in (earlier, later):
        factories.user(session, server.account)

    [draft] = approval_emails.drafts(session)
    factories.mail(session, operator, key=draft.key)
    again = approval_emails.drafts(session)

    assert (draft.user.id, draft.subject) == (operator.id, "approval")
    email = rendered(draft)
    assert email.subject == f"Elsewhere ({later.account.name}) is awaiting approval"
    assert f"  Added earlier: Boston ({earlier.account.name})\n" in email.plain
    assert again == []
