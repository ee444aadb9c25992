"""The facts of a feed that is collected: read in one statement, updated with its new data."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.orm import Session, aliased

from webapp.db import lock
from webapp.domain.health import Recovered
from webapp.models import Account, Collection, Feed, Outcome
from webapp.printerpoint.fleet import Customer, RowSource
from webapp.services.accounts import calendars
from webapp.services.metering import match
from webapp.services.metering.events import Event
from webapp.services.metering.match import FeedContext, FeedInput
from webapp.services.metering.process import Metering, MeteringSettings
from webapp.services.servers import health

_Partner = aliased(Account, name="partner")
#: All facts needed to collect a feed, in one statement, after its row is locked.
_FACTS = (
    select(
        Feed.id,
        Feed.status,
        Feed.health,
        Feed.last_data_on,
        Feed.customer_id,
        Feed.customer_name,
        Feed.created_at,
        func.coalesce(Account.country, _Partner.country).label("country"),
        # A region applies to the country of the same account only.
        case((Account.country.is_not(None), Account.region), else_=_Partner.region).label("region"),
        func.coalesce(Account.time_zone, _Partner.time_zone, "UTC").label("time_zone"),
        select(Outcome.outcome)
        .where(
            Outcome.feed_id == Feed.id,
            Outcome.collection_id == bindparam("collection"),
        )
        .scalar_subquery()
        .label("outcome"),
        select(Collection.state)
        .where(Collection.id == bindparam("collection"))
        .scalar_subquery()
        .label("state"),
    )
    .join(Account, Account.id == Feed.account_id)
    .outerjoin(_Partner, _Partner.id == Account.partner_id)
    .where(Feed.id == bindparam("feed"))
)


@dataclass(frozen=True, slots=True)
class FeedWork:
    """The data that is read of a feed before it is collected."""

    facts: Any
    metering: Metering
    given: FeedInput


def lock_and_read(
    session: Session,
    collection: Collection,
    feed_id: int,
    rows: RowSource,
    settings: MeteringSettings,
    closing: date,
) -> FeedWork:
    """Lock a feed and the feeds that its devices concern, and read it.

    The other feeds are known only after the feed has been locked and read. Its lock is then
    released, so that all are locked in the order of their ids.
    """
    alone = session.begin_nested()
    lock(session, Feed.id, feed_id)
    work = _read(session, collection, feed_id, rows, settings, closing)
    others = work.given.other_feeds()
    if not others:
        alone.commit()
        return work
    alone.rollback()
    lock(session, Feed.id, feed_id, *others)
    return _read(session, collection, feed_id, rows, settings, closing)


def _read(
    session: Session,
    collection: Collection,
    feed_id: int,
    rows: RowSource,
    settings: MeteringSettings,
    closing: date,
) -> FeedWork:
    facts = session.execute(_FACTS, {"feed": feed_id, "collection": collection.id}).one()
    zone = ZoneInfo(facts.time_zone)
    holidays = calendars.holidays_of(facts.country, facts.region)
    metering = Metering(zone, holidays, settings.roll_width_mm, settings.limits)
    feed = FeedContext(
        facts.id,
        collection.server_id,
        collection.server.account_id,
        facts.customer_id,
        facts.customer_name,
        facts.status == "pending",
        facts.created_at.astimezone(zone).date(),
        zone,
    )
    return FeedWork(facts, metering, match.read_input(session, feed, rows, closing))


def update_feed(
    session: Session,
    facts: Any,
    customer: Customer,
    last_data_on: date | None,
    back: Recovered | None,
    now: datetime,
) -> None:
    """Update a feed with its new data, and with its customer's current name and id."""
    names = (customer.customer_id, customer.name)
    known = (facts.customer_id, facts.customer_name)
    is_new_data = last_data_on is not None and (
        facts.last_data_on is None or last_data_on > facts.last_data_on
    )
    if facts.status == "active" and facts.health == "healthy":
        # The ordinary case, in one statement.
        if is_new_data or names != known:
            session.execute(
                update(Feed)
                .where(Feed.id == facts.id)
                .values(
                    last_data_on=last_data_on if is_new_data else facts.last_data_on,
                    customer_id=names[0],
                    customer_name=names[1],
                )
                .execution_options(synchronize_session=False)
            )
        return
    feed = session.get_one(Feed, facts.id, populate_existing=True)
    feed.customer_id, feed.customer_name = names
    if last_data_on is None:
        return
    if feed.status == "pending":
        feed.status, feed.activated_at = "active", now
    health.feed_data_received(session, feed, last_data_on, back, now)


def events(facts: Any, customer: Customer, back: Recovered | None) -> list[Event]:
    """Return events of the feed itself: a renamed customer, recovered days."""
    events = []
    if customer.name != facts.customer_name:
        names = {"before": facts.customer_name, "after": customer.name}
        events.append(Event("customer_renamed", names))
    if back is not None:
        days = {"first": str(back.first), "last": str(back.last)}
        events.append(Event("recovered", {"pages": back.pages, **days}))
    return events
