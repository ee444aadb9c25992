"""Devices: the printers listed under feeds, with their counts."""

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import clock
from webapp.db import db
from webapp.domain.metering.codec import from_json
from webapp.domain.metering.state import DeviceState
from webapp.errors import DATA_ERRORS
from webapp.messages import delta_texts
from webapp.models import Account, Delta, Device
from webapp.models.device_attention import DeviceStatus
from webapp.queries import access, details, device_status, feed_events
from webapp.queries import devices as queries
from webapp.queries.lists import COUNT_TO
from webapp.services.accounts.calendars import public_holidays
from webapp.services.metering import deposits
from webapp.views.console import history
from webapp.views.shared import bulk, context, export, listing, totals
from webapp.views.shared.bars import Bar, bars_of_days

blueprint = Blueprint("devices", __name__)
log = logging.getLogger("releaf.metering")

_READINGS_SHOWN = 31
_EVENTS_SHOWN = 20


#: The labels of devices that need attention.
STATUSES: dict[DeviceStatus, LazyString] = {
    "silent": _l("Not reporting"),
    "missing": _l("Missing"),
}


def _exported(devices: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    statuses = device_status.of_devices(db.session(), [device.id for device in devices])
    for device in devices:
        status = statuses.get(device.id)
        yield (
            device.asset_id,
            device.serial_number,
            device.customer_name,
            device.account_name,
            device.initial_count,
            device.latest_count,
            device.life_count,
            device.first_on,
            device.latest_on,
            str(STATUSES[status]) if status else "",
        )


_SHEET = export.Sheet(
    "devices",
    (
        _l("Asset ID"),
        _l("Serial number"),
        _l("Customer in Printerpoint"),
        _l("Account"),
        _l("Start meter"),
        _l("Current meter"),
        _l("Pages counted"),
        _l("First day"),
        _l("Last reading"),
        _l("Status"),
    ),
    _exported,
)


@blueprint.get("/devices")
def index() -> ResponseReturnValue:
    """The devices of the feeds a viewer may see, without those of removed feeds."""
    viewer = context.viewer()
    text, feed_id = listing.search_text(), listing.filter_id("feed")
    status = listing.filter_choice("status", device_status.FILTERS)
    sort = listing.sort_choice(queries.COLUMNS, "customer")
    query = queries.search(
        db.session(), viewer, text=text, feed_id=feed_id, status=status, sort=sort
    )
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query, count_to=COUNT_TO if text else None)
    feed = access.feed(db.session(), viewer, feed_id) if feed_id is not None else None
    return listing.render(
        "devices",
        page,
        q=text,
        status=status,
        feed=feed,
        heading=partial(listing.heading, sort),
        starts=details.start_meters(db.session(), [each.id for each in page.items]),
        statuses=device_status.of_devices(db.session(), [each.id for each in page.items]),
    )


@blueprint.post("/devices/selection")
def selected() -> ResponseReturnValue:
    """Export the selected devices."""
    wanted = bulk.selected_ids("device")
    query = bulk.selected_rows(queries.every(context.viewer()), Device.id, wanted, "devices")
    return bulk.export_selected(query, _SHEET, wanted, "devices.index")


@blueprint.get("/devices/<int:device_id>")
def show(device_id: int) -> ResponseReturnValue:
    """A device: its counts, readings and deltas."""
    viewer = context.viewer()
    device = access.device(db.session(), viewer, device_id)
    # A customer must not see what another one printed with the machine before.
    feed_id = device.feed_id if viewer.role == "customer" else None
    readings = details.readings_of(db.session(), device.id, _READINGS_SHOWN, feed_id)
    deltas = details.deltas_of(db.session(), device.id, _READINGS_SHOWN, feed_id)
    events = feed_events.of_device(db.session(), device, _EVENTS_SHOWN)
    state = _state(device)
    return render_template(
        "console/devices/show.html",
        device=device,
        start=details.start_meters(db.session(), [device.id]).get(device.id, device.initial_count),
        feed=device.feed,
        bars=_bars(device.feed.account, readings, deltas),
        readings=readings,
        deltas={delta.day: delta for delta in reversed(deltas)},
        pending_fall=state.fall if state is not None else None,
        is_unreadable=state is None,
        history=history.entries(db.session(), viewer, events),
        zone=context.zone_of(device.feed.account),
        counter_set_labels=delta_texts.COUNTER_SET_LABELS,
        status=device_status.of_devices(db.session(), [device.id]).get(device.id),
    )


def _state(device: Device) -> DeviceState | None:
    """Return the state of a device; None if it cannot be read, which its page states."""
    try:
        return from_json(device.state)
    except DATA_ERRORS:
        log.exception("the state of device %s cannot be read", device.id)
        return None


def _bars(account: Account, readings: Sequence[Any], deltas: Sequence[Delta]) -> list[Bar]:
    """Return the pages of a device by day; empty if nothing was counted or held."""
    first, last = totals.last_days(totals.today_of(account, clock.now()))
    holidays = public_holidays(account)
    read = {reading.day for reading in readings}
    days = deposits.days_of_deltas(deltas, read, first, last)
    if not any(day.pages or day.held for day in days):
        return []
    return bars_of_days(days, holidays, marks_held=True)
