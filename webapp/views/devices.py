"""Devices: the printers seen under feeds, with what they counted."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Literal

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    func,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from webapp import asking, clock
from webapp.db import at_most, db
from webapp.models import Account, Device, Feed
from webapp.queries import access, details, feed_events
from webapp.services.calendars import public_holidays
from webapp.services.metering import deposits
from webapp.views import charts, edge, exports, figures, history, lists, ticks
from webapp.views.charts import Bar
from webapp.words import Words

blueprint = Blueprint("devices", __name__)

#: So many characters at the end of what is searched for tell one serial number from most others.
_TELLING = 6
#: How a search finds: among few that are known by now, by the end of a long text, or by all of it.
Search = Literal["few", "long", "brief"] | None
_READINGS_SHOWN = 31
_EVENTS_SHOWN = 20
_COLUMNS = {
    "customer": Feed.customer_name,
    "asset": Device.asset_id,
    "serial": Device.serial_number,
    "initial": Device.initial_count,
    "latest": Device.latest_count,
    "life": Device.life_count,
    "day": Device.latest_on,
}


def _exported(devices: Sequence[Device]) -> Iterable[Sequence[exports.Value]]:
    for device in devices:
        yield (
            device.asset_id,
            device.serial_number,
            device.feed.customer_name,
            device.feed.account.name,
            device.initial_count,
            device.latest_count,
            device.life_count,
            device.first_on,
            device.latest_on,
        )


_SHEET = exports.Sheet(
    "devices",
    (
        Words("Asset ID"),
        Words("Serial number"),
        Words("Customer in Printerpoint"),
        Words("Account"),
        Words("InitialCount"),
        Words("LatestCount"),
        Words("LifeCount"),
        Words("First day"),
        Words("Latest day"),
    ),
    _exported,
)


#: What a row of the list shows: entities would be made anew for each.
_SHOWN: tuple[Any, ...] = (
    Device.id,
    Device.feed_id,
    Device.asset_id,
    Device.serial_number,
    Device.initial_count,
    Device.latest_count,
    Device.life_count,
    Device.latest_on,
    Feed.customer_name,
)


@blueprint.get("/devices")
def index() -> ResponseReturnValue:
    """The devices of the feeds a viewer may see; those of removed feeds are left out."""
    viewer = edge.viewer()
    text, feed_id = lists.searched(), lists.number("feed")
    search, values = _search(text)
    sort = lists.sorting(_COLUMNS, "customer")
    listing = _listing(viewer, sort, feed_id, search)
    if exports.wanted():
        return exports.answer(listing.whole, _SHEET, values)
    page = lists.paged(listing, values)
    feed = access.feed(db.session(), viewer, feed_id) if feed_id is not None else None
    heading = partial(lists.heading, sort)
    return lists.page("devices", page, q=text, feed=feed, heading=heading)


@lists.kept
def _listing(
    viewer: access.Viewer, sort: str, feed_id: int | None, search: Search
) -> lists.Listing:
    of_feeds = [
        *access.of_own_feeds(viewer),
        access.IS_TIED if feed_id is None else Feed.id == feed_id,
    ]
    query = select(Device).join(Device.feed).where(*of_feeds)
    counting: Any = lists.counts(select(func.sum(Feed.device_count)).where(*of_feeds))
    if search is not None:
        few: BindParameter[int] = bindparam("few", expanding=True)
        counting = query = query.where(Device.id.in_(few if search == "few" else _found(search)))
    then = (Device.asset_id, Device.serial_number, Device.id)
    query = lists.in_order(query, _COLUMNS, sort, then=then)
    eager = contains_eager(Device.feed).joinedload(Feed.account)
    return lists.Listing(
        query.with_only_columns(*_SHOWN),
        counting=counting,
        short=search is not None,
        whole=query.options(eager),
    )


def _search(text: str) -> tuple[Search, dict[str, Any]]:
    """How the list finds a text, and the values it asks with.

    Few devices are looked up one by one; of many, or all of a customer, the database has to think.
    """
    if not text:
        return None, {}
    search: Search = "long" if len(text) > _TELLING else "brief"
    values = {**lists.wanted(text), "end": lists.escaped(text[-_TELLING:])}
    rows = asking.rows(db.session(), _few(search), values)
    if len(rows) > lists.FEW or any(device is None for (device,) in rows):
        return search, values
    return "few", {"few": [device for (device,) in rows]}


@lists.kept
def _few(search: Search) -> Select[Any]:
    """The devices found by what is theirs; a row without one for each customer that is found."""
    none = cast(null(), Integer)
    of_device, of_feed, of_account = _ways(search)
    found = union_all(
        *(select(Device.id).where(way) for way in of_device),
        select(none).select_from(Feed).where(of_feed),
        select(none).select_from(Account).where(of_account),
    )
    return select(found.subquery()).limit(at_most(lists.FEW + 1))


def _found(search: Search) -> CompoundSelect[int]:
    """The devices that a search finds: each way to find one has an index of its own."""
    of_device, of_feed, of_account = _ways(search)
    under = select(Device.id).join(Device.feed)
    return union_all(
        *(select(Device.id).where(way) for way in of_device),
        under.where(of_feed),
        under.where(Feed.account_id.in_(select(Account.id).where(of_account))),
    )


def _ways(
    search: Search,
) -> tuple[list[ColumnElement[bool]], ColumnElement[bool], ColumnElement[bool]]:
    """What a device, its feed or the account may hold of what is searched for."""

    def holds(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        if search == "brief":
            return lists.holds(column)
        # Serial numbers of a make begin alike: the index is asked for the end alone, and the few
        # rows it finds for the whole ("" keeps the second condition out of the index).
        end = column.icontains(bindparam("end", type_=String), escape="/")
        return and_(end, lists.holds(column + ""))

    own = [holds(Device.asset_id), holds(Device.serial_number)]
    return own, holds(Feed.customer_name), holds(Account.name)


@blueprint.post("/devices/selection")
def selected() -> ResponseReturnValue:
    """The ticked devices as a file."""
    wanted = ticks.ids("device")
    query = ticks.chosen(access.devices(edge.viewer()), Device.id, wanted, "devices")
    query = query.join(Device.feed).order_by(Feed.customer_name, Device.asset_id, Device.id)
    eager = contains_eager(Device.feed).joinedload(Feed.account)
    return ticks.exported(query.options(eager), _SHEET, wanted, ticks.list_again("devices.index"))


@blueprint.get("/devices/<int:device_id>")
def show(device_id: int) -> ResponseReturnValue:
    """A device: its counts, its readings and what it gained between them."""
    device = access.device(db.session(), edge.viewer(), device_id)
    readings = details.readings_of(db.session(), device.id, _READINGS_SHOWN)
    deltas = details.deltas_of(db.session(), device.id, _READINGS_SHOWN)
    events = feed_events.of_device(db.session(), device, _EVENTS_SHOWN)
    return render_template(
        "devices/show.html",
        device=device,
        feed=device.feed,
        bars=_bars(device.feed.account, readings, deltas),
        readings=readings,
        deltas={delta.day: delta for delta in deltas},
        history=history.lines(db.session(), edge.viewer(), events),
        zone=device.feed.account.zone,
        families=history.FAMILIES,
    )


def _bars(account: Account, readings: Sequence[Any], deltas: Sequence[Any]) -> list[Bar]:
    """The pages of a device by day; empty when nothing was counted or held."""
    first, last = figures.last_days(figures.today_of(account, clock.now()))
    holidays = public_holidays(account)
    read = {reading.day for reading in readings}
    days = deposits.days_of_deltas(deltas, read, first, last, holidays)
    if not any(day.pages or day.held for day in days):
        return []
    return charts.bars_of_days(days, holidays, marks_held=True)
