"""Printers in every state, for the database of ``seeded_db``."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW, TODAY, YESTERDAY
from webapp.domain.metering.codec import from_json, to_json
from webapp.domain.metering.state import DeltaKind, DeltaState, PendingFall
from webapp.models import Device, Feed, FeedEvent
from webapp.models.feed_event import FeedEventKind
from webapp.services.feeds import device_status

#: Words without a possible line break, for pages that must not scroll sideways.
LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk & Söhne, Niederlassung Nord"
LONG_SERIAL = "SN-00112233445566778899AABBCCDDEEFF-00112233445566"


def add_printers(session: Session, feed: Feed, ids: dict[str, int | str]) -> Device:
    """A printer that was read for months, with a gap; others that fell, left or moved away."""
    printer = factories.device(
        session,
        feed,
        asset_id="FRONT-DESK-01",
        serial_number="CNB1L2M345",
        latest_count=264_812,
        first_on=TODAY - timedelta(days=92),
    )
    count = printer.initial_count
    for ago in range(92, 0, -1):
        day = TODAY - timedelta(days=ago)
        pages = 0 if day.weekday() >= 5 else 400 + ago * 37 % 900
        if ago in (11, 12, 13):  # no reading; the next day has it
            factories.deposit(session, feed, day=day, pages=pages or 55)
            continue
        count += pages
        factories.reading(session, printer, day=day, count=count, baseline=ago == 92)
        if pages and ago < 92:
            since = day - timedelta(days=4 if ago == 10 else 1)
            factories.delta(session, printer, since=since, day=day, pages=pages)
            factories.deposit(session, feed, day=day, pages=pages)
    fallen = factories.device(session, feed, asset_id="COPY-ROOM")
    state = from_json(fallen.state)
    state.fall = PendingFall(YESTERDAY, 1_204, feed.id, None)
    fallen.state = to_json(state)
    gone = factories.device(session, feed, asset_id="BASEMENT")
    gone.missing_since = YESTERDAY
    moved = factories.device(session, feed, asset_id="LENT-OUT")
    other = factories.feed(session, feed.server, customer_name="The Borrower")
    moved.moved_to = factories.device(session, other, asset_id="LENT-OUT").id
    waiting = factories.device(session, feed, asset_id="AGAIN")
    waiting.awaits_baseline = True
    unread = factories.device(session, feed, asset_id="", serial_number=LONG_SERIAL)
    silent = factories.device(
        session, feed, asset_id="STOREROOM", latest_on=TODAY - timedelta(days=20)
    )
    device_status.update(session, feed.server_id, TODAY)
    ids |= {
        "silent_device": silent.id,
        "fallen_device": fallen.id,
        "gone_device": gone.id,
        "moved_device": moved.id,
        "waiting_device": waiting.id,
        "unread_device": unread.id,
    }
    return printer


def add_held(session: Session, printer: Device, ids: dict[str, int | str]) -> None:
    """Cases of every kind under review, and every decision."""
    rows = {
        "limit": ("held", 40_000, None),
        "near_lifetime": ("held", 180_000, None),
        "physical": ("held", 900_000, None),
        "first_count": ("held", 21_000, None),
        "roll_over": ("held", 5_120, None),
        "accepted": ("accepted", 61_000, None),
        "adjusted": ("adjusted", 530_000, 2_150),
        "reset": ("reset", 99_999, None),
        "rejected": ("rejected", 1_000_000, None),
        "dropped": ("dropped", 70_000, None),
        "withdrawn": ("withdrawn", 4_100, None),
        "baseline": ("baseline", 95_000, None),
    }
    for name, (state, pages, counted) in rows.items():
        device = factories.device(
            session, printer.feed, asset_id=f"HELD-{name}", latest_count=182_345 + pages
        )
        factories.reading(session, device, day=YESTERDAY - timedelta(days=3))
        factories.reading(session, device, count=182_345 + pages)
        delta = factories.delta(
            session,
            device,
            since=YESTERDAY - timedelta(days=3),
            pages=pages,
            state=cast(DeltaState, state),
            kind=cast(DeltaKind, name) if state == "held" else "limit",
            counted=counted,
            resolved_by="readings" if state in ("dropped", "withdrawn", "baseline") else None,
            reason="The customer confirmed 4,210 pages" if state == "rejected" else None,
            for_person=name == "roll_over",
        )
        ids[f"{name}_pages"] = delta.id
    session.flush()


def add_history(session: Session, feed: Feed, printer: Device) -> None:
    """An event of every kind; a kind without figures here fails the test that there is one."""
    day = f"{TODAY - timedelta(days=6):%Y-%m-%d}"
    fall = {"before": 182_345, "after": 12}
    details: dict[FeedEventKind, dict[str, object]] = {
        "devices_found": {"count": 12},
        "device_added": {"count": 2, "names": ["FRONT-DESK-01", LONG_SERIAL]},
        "asset_edited": {"name": "FRONT-DESK-01", "before": "", "after": "FRONT-DESK-01"},
        "awaiting_baseline": {"name": "A-1"},
        "baseline": {"name": "A-1", "count": 182_345},
        "counts_from_zero": {"name": "A-1"},
        "incomplete": {"name": "A-1", "members": "coloredPagesByColor"},
        "complete_again": {"name": "A-1"},
        "set_switched": {"name": "A-1", "before": "colour", "after": "size"},
        "member_joined": {"name": "A-1", "members": "coloredPagesByColor", "pages": 4_210},
        "small_fall": {"name": "COPY-ROOM", **fall},
        "spike": {"name": "COPY-ROOM", **fall},
        "restored": {"name": "COPY-ROOM", "old": 182_345, "count": 182_400, "pages": 55},
        "resolved": {
            "name": "A-1", "pages": 4_100, "since": day, "day": day, "state": "withdrawn",
            "before": "counted", "counted": 0, "for_person": False, "evidence": [[day, 182_345]],
        },
        "away": {"name": "A-1", "customer": "The Borrower"},
        "serial_known": {"name": "A-1"},
        "does_not_continue": {"name": "A-1", "asset": "A-1"},
        "disputed": {"name": "A-1", "customer": "CUST1", "asset": "A-2", "count": 95_000},
        "copy": {"name": "A-1"},
        "two_machines": {"name": "A-1"},
        "fell": {"name": "COPY-ROOM", **fall},
        "glitch": {"name": "COPY-ROOM", **fall},
        "reset": {"name": "COPY-ROOM", **fall},
        "held": {
            "name": "A-1", "pages": 900_000, "since": day, "for": "roll_over", "proposed": 12,
        },
        "decided": {
            "name": "A-1", "pages": 900_000, "decision": "rejected", "counted": 0,
            "reason": "Typed one digit too many",
        },
        "moved_in": {"name": "LENT-OUT", "feed": feed.id, "pages": 12},
        "moved_away": {"name": "LENT-OUT"},
        "gone": {"name": "BASEMENT", "latest_on": day},
        "returned": {"name": "BASEMENT", "since": day},
        "customer_gone": {"devices": 12},
        "customer_returned": {"since": day},
        "customer_renamed": {"before": "Harbour", "after": LONG_NAME},
        "read_again": {"name": "A-1", "since": day, "pages": 1_204},
        "recovered": {"pages": 1_204, "first": day, "last": f"{YESTERDAY:%Y-%m-%d}"},
    }  # fmt: skip
    for number, (kind, figures) in enumerate(details.items()):
        at: datetime = NOW - timedelta(hours=number)
        of = printer.id if "name" in figures else None
        session.add(
            FeedEvent(
                feed_id=feed.id, device_id=of, at=at, day=YESTERDAY, kind=kind, details=figures
            )
        )
    session.flush()
