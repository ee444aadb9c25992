"""Comparing the fetched fleet of a server with those of the others."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests.services.fleets import AWAITS, FIVE, LATER, registered, serials
from webapp.models import FleetSerial
from webapp.services.servers import overlaps, servers


@pytest.mark.both_databases
def test_a_collection_stops_at_the_later_of_two_servers_and_names_the_other(
    session: Session,
) -> None:
    boston = registered(session, name="Boston")
    salem = registered(session, boston.account, serials(1, 2, 90), name="Salem")

    reason = overlaps.check_fleet(session, salem, serials(*range(6)), LATER)
    of_the_earlier = overlaps.check_fleet(session, boston, FIVE, LATER)

    assert reason == {"code": "same_fleet", "params": {"name": "Boston"}}
    assert of_the_earlier is None
    servers.remove(session, boston, LATER)
    assert overlaps.check_fleet(session, salem, FIVE, LATER) is None


def test_the_later_one_is_stopped_whichever_is_read_first(session: Session) -> None:
    earlier, later = registered(session, fleet=None), registered(session, fleet=None)

    assert overlaps.check_fleet(session, later, FIVE, LATER) is None
    assert overlaps.check_fleet(session, earlier, FIVE, LATER) is None

    assert overlaps.check_fleet(session, later, FIVE, LATER) == AWAITS


@pytest.mark.both_databases
def test_fleets_without_common_printers_no_longer_overlap(session: Session) -> None:
    registered(session)
    later = registered(session)

    reason = overlaps.check_fleet(session, later, serials(1, 2, 60, 61, 62), LATER)

    assert reason is None
    assert later.awaiting_approval_since is None


@pytest.mark.both_databases
def test_long_and_odd_serial_numbers_are_stored(session: Session) -> None:
    odd = ["x" * 199 + "\ufdfa", "\x00A1\u200b", "Ｓ１２３", None, "a" * 200, "a" * 200]

    server = registered(session, fleet=odd)

    stored = session.scalars(select(FleetSerial.serial)).all()
    assert server.id
    assert {"A1", "S123"} <= set(stored)
    assert max(map(len, stored)) <= 200


@pytest.mark.slow
@pytest.mark.both_databases
def test_twenty_thousand_printers_take_as_many_statements_as_five(session: Session) -> None:
    big = [f"S{number}" for number in range(20_000)]
    server = registered(session, fleet=big)
    small = registered(session, fleet=serials(*range(10)))
    session.commit()

    with statements(session) as of_the_small:
        overlaps.check_fleet(session, small, serials(*range(1, 11)), LATER)
    with statements(session) as of_the_big:
        overlaps.check_fleet(session, server, [*big[100:], *serials(*range(70, 90))], LATER)

    assert len(of_the_big) <= len(of_the_small) <= 10


def test_only_the_serial_number_of_a_printer_without_a_feed_is_stored() -> None:
    assert set(FleetSerial.metadata.tables["fleet_serial"].columns.keys()) == {
        "server_id",
        "serial",
    }


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """The statements that are executed meanwhile; many rows at once are one."""
    seen: list[str] = []

    def record(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", record)
    yield seen
    event.remove(session.get_bind(), "before_cursor_execute", record)
