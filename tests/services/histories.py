"""The events of feeds."""

from sqlalchemy import select

from tests.world import World
from webapp.models import FeedEvent


def notes(world: World, feed: int) -> list[tuple[str, str | None]]:
    """Kind and printer of each line of a feed's history, the first one left out."""
    with world.session() as session:
        events = session.scalars(
            select(FeedEvent).where(FeedEvent.feed_id == feed).order_by(FeedEvent.id)
        ).all()
        return [
            (event.kind, event.details.get("name"))
            for event in events
            if event.kind != "devices_found"
        ]


def details(world: World, kind: str) -> list[dict[str, object]]:
    """The details of each event of a kind."""
    with world.session() as session:
        query = select(FeedEvent.details).where(FeedEvent.kind == kind).order_by(FeedEvent.id)
        return list(session.scalars(query))
