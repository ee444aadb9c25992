"""The facts of a feed that is collected: read in one statement, updated with its new data."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from webapp.domain.health import Recovered
from webapp.models import Account, ClosedMonth, Collection, Feed, Outcome
from webapp.printerpoint.fleet import Customer
from webapp.services.collection import monitoring
from webapp.services.metering.events import Event
from webapp.services.metering.match import FeedContext

_COLLECTION: Table = Collection.metadata.tables["collection"]
_OUTCOME: Table = Outcome.metadata.tables["outcome"]
_FEED: Table = Feed.metadata.tables["feed"]
_ACCOUNT: Table = Account.metadata.tables["account"]
_PARTNER = _ACCOUNT.alias("partner")
_CLOSED: Table = ClosedMonth.metadata.tables["closed_month"]
#: All that collecting a feed must know of it, in one statement, after its row is locked.
_FACTS = (
    select(
        _FEED.c.id,
        _FEED.c.status,
        _FEED.c.health,
        _FEED.c.last_data_on,
        _FEED.c.customer_id,
        _FEED.c.customer_name,
        _FEED.c.created_at,
        func.coalesce(_ACCOUNT.c.country, _PARTNER.c.country).label("country"),
        # A region is one of the country that its own account names.
        case((_ACCOUNT.c.country.is_not(None), _ACCOUNT.c.region), else_=_PARTNER.c.region).label(
            "region"
        ),
        func.coalesce(_ACCOUNT.c.time_zone, _PARTNER.c.time_zone, "UTC").label("time_zone"),
        select(func.max(_CLOSED.c.month))
        .where(_CLOSED.c.account_id == _FEED.c.account_id)
        .scalar_subquery()
        .label("last_closed"),
        select(_OUTCOME.c.outcome)
        .where(
            _OUTCOME.c.feed_id == _FEED.c.id,
            _OUTCOME.c.collection_id == bindparam("collection"),
        )
        .scalar_subquery()
        .label("outcome"),
        select(_COLLECTION.c.state)
        .where(_COLLECTION.c.id == bindparam("collection"))
        .scalar_subquery()
        .label("state"),
    )
    .join(_ACCOUNT, _ACCOUNT.c.id == _FEED.c.account_id)
    .outerjoin(_PARTNER, _PARTNER.c.id == _ACCOUNT.c.partner_id)
    .where(_FEED.c.id == bindparam("feed"))
)


def read(session: Session, collection: Collection, feed_id: int) -> Any:
    """Return the facts of a feed whose row is locked."""
    return session.execute(_FACTS, {"feed": feed_id, "collection": collection.id}).one()


def context(collection: Collection, facts: Any, zone: ZoneInfo) -> FeedContext:
    """The feed as metering sees it; ``zone``: its account's."""
    return FeedContext(
        facts.id,
        collection.server_id,
        collection.server.account_id,
        facts.customer_id,
        facts.customer_name,
        facts.status == "pending",
        facts.created_at.astimezone(zone).date(),
        zone,
    )


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
    monitoring.feed_data_received(session, feed, last_data_on, back, now)


def events(facts: Any, customer: Customer, back: Recovered | None) -> list[Event]:
    """What was unusual about the feed itself: its customer's name, days recovered."""
    events = []
    if customer.name != facts.customer_name:
        names = {"before": facts.customer_name, "after": customer.name}
        events.append(Event("customer_renamed", names))
    if back is not None:
        days = {"first": str(back.first), "last": str(back.last)}
        events.append(Event("recovered", {"pages": back.pages, **days}))
    return events
