"""Renamed customers: changes in the sandbox, and what is proposed."""

from sqlalchemy import select

from tests.world import TUESDAY, World
from webapp.models import Feed, FeedEvent
from webapp.printerpoint.fleet import Customer
from webapp.services.feeds import renames

Proposal = tuple[str | None, str | None, int | None, int | None]


def becomes(world: World, name: str, printers: tuple[str, ...]) -> None:
    """Another customer without an ID lists these printers."""
    customer = world.printerpoint.add_customer(name)
    for printer in printers:
        world.printerpoint.move_printer(printer, customer)


def leaves(world: World, printers: set[str]) -> None:
    """These printers are listed nowhere any more."""
    for printer in sorted(printers):
        world.printerpoint.remove_printer(printer)


def printers_of(world: World, customer: str) -> list[str]:
    """The keys of a customer's printers."""
    machines = world.printerpoint.data.machines.values()
    return [machine.key for machine in machines if machine.company == customer]


def connects(world: World, feed_id: int, customer: Customer | None = None) -> bool:
    """Connect the feed again, on Tuesday night."""
    with world.session() as session:
        feed = session.get_one(Feed, feed_id)
        changed = renames.relink(session, feed, world.after_midnight(TUESDAY), customer)
        session.commit()
        return changed


def proposal(world: World, feed_id: int) -> Proposal:
    """The customer that is proposed for a feed, and how many of its devices it lists."""
    feed = world.feed(feed_id)
    return feed.successor_id, feed.successor_name, feed.successor_devices, feed.successor_of


def events(world: World, feed_id: int, kind: str) -> list[dict[str, object]]:
    """The details of a feed's events of a kind."""
    with world.session() as session:
        query = select(FeedEvent.details).where(FeedEvent.feed_id == feed_id)
        return list(session.scalars(query.where(FeedEvent.kind == kind).order_by(FeedEvent.id)))
