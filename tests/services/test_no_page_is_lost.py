"""One law: no page is lost or made between a printer's baseline and the certificates."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.world import make_world
from webapp import settings as configuration
from webapp.models import Certificate, Delta, Device
from webapp.printerpoint.sandbox import Sandbox

pytestmark = pytest.mark.slow

FIRST = date(2026, 10, 20)


@dataclass(frozen=True)
class Day:
    """What happens on a day: pages printed, and whether the night could read."""

    pages: int
    agent_online: bool
    server_up: bool
    collected_twice: bool


DAYS = st.lists(
    st.builds(Day, st.integers(0, 400), st.booleans(), st.booleans(), st.booleans()),
    min_size=3,
    max_size=22,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(days=DAYS)
def test_no_history_of_events_loses_or_invents_a_page(
    sqlite_template: Path, days: Sequence[Day]
) -> None:
    with TemporaryDirectory() as folder, Sandbox() as printerpoint:
        shutil.copyfile(sqlite_template, Path(folder) / "releaf.db")
        config = configuration.load(
            {"RELEAF_INSTANCE": str(Path(folder)), "PRINTERPOINT_URL": printerpoint.url}
        )
        world = make_world(config, printerpoint)
        feed = world.create_feed("School", "SCH", S1=100)
        world.night(FIRST)
        online = True
        day = FIRST
        for happening in days:
            day += timedelta(days=1)
            if happening.agent_online != online:
                online = happening.agent_online
                change = printerpoint.start_agent if online else printerpoint.stop_agent
                change("School")
            printerpoint.print_pages("S1", happening.pages)
            if happening.server_up:
                for _ in range(1 + happening.collected_twice):
                    world.night(day)
            if day == date(2026, 11, 2):
                world.close_month(feed, "2026-10", datetime(2026, 11, 3, 12, tzinfo=UTC))
        if not online:
            printerpoint.start_agent("School")
        day += timedelta(days=1)
        world.night(day)

        printed = sum(happening.pages for happening in days)
        counted = world.counted(feed)
        with world.session() as session:
            certified = session.scalar(select(func.coalesce(func.sum(Certificate.pages), 0))) or 0
            closed = sum(pages for month, pages in counted.items() if month == "2026-10")
            held = session.scalar(
                select(func.coalesce(func.sum(Delta.pages), 0)).where(Delta.state == "held")
            )
            life = session.scalars(select(Device.life_count)).one()
            deposited = sum(counted.values())
            counted_deltas = session.scalar(select(func.coalesce(func.sum(Delta.counted), 0)))
        world.close()

    assert deposited + int(held or 0) == printed
    assert deposited == life == int(counted_deltas or 0)
    if day > date(2026, 11, 2):
        assert int(certified) == closed
