"""Devices: the printers seen under feeds, with what they counted."""

from collections.abc import Iterable, Sequence
from functools import partial

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, joinedload

from webapp.db import db
from webapp.models import Account, Delta, Device, Feed, Reading
from webapp.services import access
from webapp.views import edge, exports, history, lists
from webapp.words import Words

blueprint = Blueprint("devices", __name__)

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


@blueprint.get("/devices")
def index() -> ResponseReturnValue:
    """The devices of the feeds a viewer may see; those of removed feeds are left out."""
    viewer = edge.viewer()
    text, feed_id = lists.searched(), lists.number("feed")
    query = access.devices(viewer).join(Device.feed).join(Feed.account)
    if feed_id is None:
        query = query.where(Feed.status != "removed")
    else:
        query = query.where(Device.feed_id == feed_id)
    if text:
        names = (Device.asset_id, Device.serial_number, Feed.customer_name, Account.name)
        query = query.where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    then = (Device.asset_id, Device.serial_number, Device.id)
    query, sort = lists.ordered(query, _COLUMNS, "customer", then=then)
    query = query.options(contains_eager(Device.feed).contains_eager(Feed.account))
    if exports.wanted():
        return exports.answer(query, _SHEET)
    page = lists.paged(query)
    feed = access.feed(db.session(), viewer, feed_id) if feed_id is not None else None
    heading = partial(lists.heading, sort)
    return lists.page("devices", page, q=text, feed=feed, heading=heading)


@blueprint.get("/devices/<int:device_id>")
def show(device_id: int) -> ResponseReturnValue:
    """A device: its counts, its readings and what it gained between them."""
    device = access.device(db.session(), edge.viewer(), device_id)
    readings = db.session.scalars(
        select(Reading)
        .where(Reading.device_id == device.id)
        .order_by(Reading.day.desc())
        .limit(_READINGS_SHOWN)
    ).all()
    deltas = db.session.scalars(
        select(Delta)
        .where(Delta.device_id == device.id)
        .order_by(Delta.day.desc())
        .limit(_READINGS_SHOWN)
        .options(joinedload(Delta.device))
    ).all()
    return render_template(
        "devices/show.html",
        device=device,
        feed=device.feed,
        readings=readings,
        deltas={delta.day: delta for delta in deltas},
        history=_history(device),
        zone=device.feed.account.zone,
        families=history.FAMILIES,
    )


def _history(device: Device) -> list[history.Line]:
    events = history.events_of(device.feed_id, device.id).limit(_EVENTS_SHOWN)
    return history.lines(db.session(), edge.viewer(), db.session.scalars(events).all())
