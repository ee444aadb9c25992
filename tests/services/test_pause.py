"""A feed that was inactive for a while: its pages meanwhile count, or they do not."""

import pytest

from tests.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.models import Feed
from webapp.services.feeds import pauses

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("counted", [True, False])
def test_pages_of_a_pause_count_as_chosen(world: World, counted: bool) -> None:
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", CNB1=1_000, CNB2=2_000)
    world.night(MONDAY)

    deactivates(world, feed)
    world.printerpoint.print_pages("CNB1", 40)
    world.printerpoint.print_pages("CNB2", 60)
    world.night(TUESDAY)
    reactivates(world, feed, counted)
    world.night(WEDNESDAY)
    world.printerpoint.print_pages("CNB1", 7)
    world.night(THURSDAY)

    meanwhile = 100 if counted else 0
    assert sum(world.deposits(feed).values()) == meanwhile + 7
    assert world.deposits(feed)[THURSDAY] == 7
    assert [device[-1] for device in world.devices(feed)] == [40 * counted + 7, 60 * counted]


def deactivates(world: World, feed_id: int) -> None:
    """Deactivate the feed after Monday's night."""
    with world.session() as session:
        pauses.deactivate(session, session.get_one(Feed, feed_id), world.after_midnight(MONDAY))
        session.commit()


def reactivates(world: World, feed_id: int, counted: bool) -> None:
    """Reactivate the feed after Tuesday's night."""
    with world.session() as session:
        now = world.after_midnight(TUESDAY)
        pauses.reactivate(session, session.get_one(Feed, feed_id), now, counts_pause=counted)
        session.commit()
