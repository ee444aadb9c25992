"""Renames: a customer that is not found under its name or ID is recognized by its devices.

Most often it has no ID and got another name. Printerpoint then lists a new customer, whose devices
are compared with those of the feed. A proposal stays on the feed until a user connects the feed
again, the customer is found under its old name, or the new one gets its own feed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.domain.renames import (
    CustomerKey,
    KnownDevice,
    Listing,
    Successor,
    find_successors,
)
from webapp.errors import Conflict
from webapp.models import Collection, Device, Feed, Outcome
from webapp.models.feed import COLLECTED
from webapp.printerpoint.fleet import Customer, Fleet
from webapp.services.feeds import feeds
from webapp.services.feeds.matcher import FeedMatcher
from webapp.services.metering.events import Event, record_events


def propose(
    session: Session, collection: Collection, fleet: Fleet, roll_width_mm: int, now: datetime
) -> None:
    """Update the proposals of a collection's feeds, after all were collected.

    Withdraws those of customers that are found, and compares the devices of the others with the
    customers of the fleet that have no feed. Runs one statement if every customer is found.
    """
    outcomes = session.execute(
        select(Feed.id, Feed.successor_name, Outcome.outcome)
        .join(Outcome, Outcome.feed_id == Feed.id)
        .where(
            Outcome.collection_id == collection.id,
            Feed.status.in_(COLLECTED),
            or_(Outcome.outcome == "not_found", Feed.successor_name.is_not(None)),
        )
    ).all()
    lost = [row.id for row in outcomes if row.outcome == "not_found"]
    found = [row.id for row in outcomes if row.outcome in ("collected", "unchanged")]
    if not lost and not found:
        return
    successors = _find(session, collection, lost, fleet, roll_width_mm) if lost else {}
    lock(session, Feed.id, *lost, *found)
    query = select(Feed).where(Feed.id.in_([*lost, *found]), Feed.status.in_(COLLECTED))
    for feed in session.scalars(query.execution_options(populate_existing=True)):
        _set_proposal(session, feed, successors.get(feed.id), collection, now)
    session.flush()


def relink(session: Session, feed: Feed, now: datetime, customer: Customer | None = None) -> bool:
    """Connect a feed to the proposed customer, or to another one.

    Its devices continue with their meters, without an interruption. Returns whether anything
    changed. Raises Conflict without a proposal, for a customer that has a feed, and for a removed
    feed.
    """
    feeds.lock_registered(session, feed.server)
    feeds.lock_connected(session, feed)
    if customer is not None:
        customer_id, name = customer.customer_id, customer.name
    elif feed.successor_name is not None:
        customer_id, name = feed.successor_id, feed.successor_name
    else:
        raise Conflict(
            gettext(
                "No other customer has the printers of %(name)s.",
                name=feed.customer_name,
            )
        )
    before = (feed.customer_id, feed.customer_name)
    if before == (customer_id, name):
        return False
    _refuse_connected(session, feed, customer_id, name)
    feed.customer_id, feed.customer_name = customer_id, name
    feeds.withdraw_proposals(session, feed.server_id, [(customer_id, name)])
    feeds.withdraw_proposal(feed)
    session.flush()
    relinked = Event("relinked", {"before": before[1], "after": name})
    record_events(session, feed.id, [relinked], now.astimezone(feed.account.zone).date(), now)
    return True


def _find(
    session: Session, collection: Collection, lost: Sequence[int], fleet: Fleet, roll_width_mm: int
) -> dict[int, Successor]:
    customers = fleet.customers()
    matcher = FeedMatcher(session, collection.server, customers)
    taken = {
        (row.successor_id, row.successor_name)
        for row in session.execute(
            select(Feed.id, Feed.successor_id, Feed.successor_name).where(
                Feed.server_id == collection.server_id,
                Feed.status.in_(COLLECTED),
                Feed.successor_name.is_not(None),
            )
        )
        if row.id not in set(lost)
    }
    free = [
        customer
        for customer in customers
        if matcher.feed_id_of(customer) is None and customer.key not in taken
    ]
    if not free:
        return {}
    listings = {customer.key: _listing(fleet, customer) for customer in free}
    return find_successors(_lost_devices(session, collection), listings, roll_width_mm)


def _listing(fleet: Fleet, customer: Customer) -> Listing:
    listing = Listing()
    for row in fleet.printers_of(customer.customer_id, customer.name)[0]:
        listing.add(row.asset_id, row.serial_number, row.counters)
    return listing


def _lost_devices(session: Session, collection: Collection) -> Mapping[int, list[KnownDevice]]:
    """Return the devices that customers which are not found listed until they disappeared.

    Devices that had been missing before, or have moved, do not identify the customer.
    """
    lost = select(Outcome.feed_id).where(
        Outcome.collection_id == collection.id, Outcome.outcome == "not_found"
    )
    rows: dict[int, list[Device]] = defaultdict(list)
    for device in session.scalars(
        select(Device).where(Device.feed_id.in_(lost), Device.moved_to.is_(None))
    ):
        rows[device.feed_id].append(device)
    known = {}
    for feed_id, devices in rows.items():
        vanished = max((one.missing_since for one in devices if one.missing_since), default=None)
        known[feed_id] = [
            KnownDevice(
                one.asset_id,
                one.serial_number,
                one.counter_set,
                one.latest_count,
            )
            for one in devices
            if one.missing_since in (None, vanished) and one.counter_set is not None
        ]
    return known


def _set_proposal(
    session: Session, feed: Feed, found: Successor | None, collection: Collection, now: datetime
) -> None:
    if found is None:
        feeds.withdraw_proposal(feed)
        return
    before: CustomerKey = (feed.successor_id, feed.successor_name or "")
    feed.successor_id, feed.successor_name = found.customer
    feed.successor_devices, feed.successor_of = found.devices, found.of
    if before != found.customer:
        details = {"customer": feed.successor_name, "devices": found.devices, "of": found.of}
        record_events(session, feed.id, [Event("successor_found", details)], collection.day, now)


def _refuse_connected(session: Session, feed: Feed, customer_id: str | None, name: str) -> None:
    """Raise Conflict for a customer that another feed has."""
    by_name = (Feed.customer_id.is_(None)) & (Feed.customer_name == name)
    same = by_name if customer_id is None else or_(Feed.customer_id == customer_id, by_name)
    other = session.scalars(
        select(Feed)
        .where(Feed.server_id == feed.server_id, Feed.status != "removed", Feed.id != feed.id, same)
        .limit(1)
    ).first()
    if other is not None:
        raise Conflict(
            gettext(
                "%(name)s is already connected to %(name2)s.", name=name, name2=other.account.name
            )
        )
