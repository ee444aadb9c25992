"""Which collections are due, and how those end that nobody runs any more."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.world import MONDAY, TUESDAY, World
from webapp.domain.reasons import reason
from webapp.models import Collection, Server
from webapp.models.collection import CollectionKind, CollectionState
from webapp.services.collection import requests, scheduling
from webapp.services.servers import servers


@pytest.mark.both_databases
def test_a_night_that_a_later_one_supersedes_has_ended(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100)
    now = world.after_midnight(TUESDAY)
    with world.session() as session:
        for day in (MONDAY, TUESDAY):
            scheduling.due_scheduled_runs(
                session, world.after_midnight(day), world.settings.collect_at
            )
        session.commit()
        monday, tuesday = session.scalars(select(Collection).order_by(Collection.day)).all()

    assert (monday.state, monday.finished_at) == ("failed", now)
    assert monday.reason == reason("superseded", day=TUESDAY)
    assert (tuesday.state, tuesday.finished_at) == ("queued", None)


@pytest.mark.both_databases
@pytest.mark.parametrize("before", ["queued", "failed", "running"])
@pytest.mark.parametrize("kind", ["scheduled", "manual"])
def test_a_collection_of_a_removed_server_is_not_run_again(
    world: World, kind: CollectionKind, before: CollectionState
) -> None:
    now = world.after_midnight(MONDAY)
    later = now + timedelta(minutes=5)
    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        wanted = requests.request(session, server, day=MONDAY, kind=kind, now=now)
        servers.remove(session, server, now)
        wanted.state, wanted.reason = before, None  # its worker had claimed it, or failed
        session.commit()

    result = world.run(wanted.id, now=lambda: later)
    with world.session() as session:
        lost = scheduling.stale_manual_runs(session, later)
        scheduling.end_runs_of_removed_servers(session, later)
        session.commit()
        ended = session.get_one(Collection, wanted.id, populate_existing=True)

    assert result == "already ended, or another worker runs it"
    assert (list(lost), ended.state) == ([], "failed")
    assert ended.reason == (None if before == "failed" else reason("server_removed"))


def test_a_worker_ends_its_collection_of_a_server_removed_meanwhile(world: World) -> None:
    now = world.after_midnight(MONDAY)
    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        wanted = requests.request(session, server, day=MONDAY, kind="manual", now=now)
        wanted.state = "running"
        servers.remove(session, server, now)
        scheduling.end_runs_of_removed_servers(session, now)
        session.refresh(wanted)

        assert wanted.state == "running"
