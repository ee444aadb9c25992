"""``releaf device``: the history of a printer."""

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy.orm import Session

from webapp.cli import choose, context, output
from webapp.cli.command import Group
from webapp.models import Device
from webapp.queries import details, feed_events
from webapp.views.console import history as feed_history


@click.group("device", cls=Group)
def device() -> None:
    """Printers."""


@device.command("history")
@click.argument("device")
def history(device: str) -> None:
    """Print the events, readings and deltas of a device, the latest first.

      releaf device history 17
      releaf device history CNB1L00017 --json

    DEVICE is an id, or a serial number or asset ID, in any letter case, that only one device has.
    """
    with context.session(reading=True) as session:
        chosen = choose.device(session, device)
        document = _document(session, chosen)
    output.print_result(document, "\n".join(_lines(document)))


def _document(session: Session, device: Device) -> dict[str, Any]:
    events = feed_events.of_device_seen_by(session, context.OPERATOR, device.id)
    lines = feed_history.entries(session, context.OPERATOR, events)
    return {
        "id": device.id,
        "feed": device.feed_id,
        "customer_name": device.feed.customer_name,
        "asset_id": device.asset_id or None,
        "serial_number": device.serial_number or None,
        "initial_count": device.initial_count,
        "latest_count": device.latest_count,
        "life_count": device.life_count,
        "events": [
            {
                "at": event.at,
                "day": event.day,
                "feed": event.feed_id,
                "customer_name": event.customer_name,
                "kind": event.kind,
                "title": line.title,
                "text": line.text,
                "details": event.details,
            }
            for event, line in zip(events, lines, strict=True)
        ],
        "readings": [
            {
                "day": reading.day,
                "feed": reading.feed_id,
                "count": reading.reported,
                "baseline": reading.baseline,
            }
            for reading in details.readings_of(session, device.id)
        ],
        "deltas": [_delta(delta) for delta in details.deltas_of(session, device.id)],
    }


def _delta(delta: Any) -> dict[str, Any]:
    return {
        "id": delta.id,
        "feed": delta.feed_id,
        "since": delta.since,
        "day": delta.day,
        "before": delta.before,
        "top": delta.top,
        "pages": delta.pages,
        "counted": delta.counted,
        "kind": delta.kind,
        "state": delta.state,
        "resolved_by": delta.resolved_by if delta.state != "held" else None,
    }


def _lines(document: dict[str, Any]) -> list[str]:
    """Return the document as text: the device, then tables of events, readings and deltas."""
    name = document["asset_id"] or document["serial_number"] or "no asset ID"
    lines = [f"device {document['id']}: {name} of {document['customer_name']}"]
    parts: Sequence[tuple[str, tuple[str, ...]]] = (
        ("events", ("day", "feed", "title", "text")),
        ("readings", ("day", "feed", "count", "baseline")),
        ("deltas", ("id", "since", "day", "pages", "counted", "kind", "state", "resolved_by")),
    )
    for noun, columns in parts:
        rows = document[noun]
        lines += ["", *(output.table(rows, columns) if rows else [f"No {noun}."])]
    return lines
