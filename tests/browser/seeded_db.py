"""A database with one of every state that the console shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from tests import factories
from tests.browser import guide_data
from tests.browser.seeded_printers import (
    LONG_NAME,
    LONG_SERIAL,
    add_held,
    add_history,
    add_printers,
)
from tests.factories import NOW, TODAY
from tests.images import pictures
from webapp.crypto import Keyring
from webapp.domain.reasons import reason
from webapp.models import Account, Feed, Server, ServerOverlap, User
from webapp.pdf import certificate_renderer
from webapp.services.certificates import certificates

_REASON = reason("connection_failed", host="printerpoint.example")


@dataclass(frozen=True, slots=True)
class SeededDatabase:
    """Ids by the names that the URLs in ``page_urls`` use, and the users by role."""

    ids: dict[str, int | str]
    people: dict[str, User]


def build(session: Session, keyring: Keyring, token: str) -> SeededDatabase:
    """Build it, with the token of a Printerpoint that answers."""
    operations = factories.operations(session)
    partner = factories.partner(session, name="Northwind Print")
    new_partner = factories.partner(session, name="Westerly Copiers", time_zone="Europe/Madrid")
    picture = pictures.png((320, 80), (180, 0, 90, 255))
    factories.brand(session, new_partner, name="Westerly Green", colour="#b4005a", picture=picture)
    people = {
        "operations": factories.user(session, operations, full_name="Grace Hopper"),
        "partner_admin": factories.user(session, partner, full_name="Nora Winters"),
        "partner_viewer": factories.user(
            session, partner, role="partner_viewer", full_name="Victor Lund"
        ),
        "new_partner": factories.user(session, new_partner, full_name="Inés Ortega"),
    }
    ids: dict[str, int | str] = {"operations": operations.id, "partner": partner.id}
    ids["new_partner"] = new_partner.id
    _users(session, partner, ids)
    servers = _servers(session, partner, keyring, token, ids)
    customer = factories.customer(session, partner, name="Harbour Architects, LLP")
    people["customer"] = factories.user(session, customer, full_name="Cara Holm")
    ids["user"] = people["customer"].id
    empty = factories.customer(session, partner, name="Empty Office")
    people["new_customer"] = factories.user(session, empty, full_name="Otto Neu")
    feed = _feeds(session, servers, customer, ids)
    printer = add_printers(session, feed, ids)
    add_held(session, printer, ids)
    add_history(session, feed, printer)
    _months(session, customer, ids)
    _collections(session, servers, feed, people["partner_admin"], ids)
    _mails(session, people["partner_admin"], ids)
    customer.badge_id, customer.badge_on = "harbours-badge", True
    unnamed = factories.certificate(session, empty, month="2026-10")
    empty.is_named = False
    ids |= {"unnamed": unnamed.public_id, "customer": customer.id, "empty_customer": empty.id}
    note = factories.feed_note(session, feed, people["partner_admin"])
    view = factories.saved_view(session, people["partner_admin"])
    ids |= {"feed": feed.id, "device": printer.id, "note": note.id, "view": view.id}
    people["guide_admin"] = guide_data.build(session, keyring, token, ids)
    return SeededDatabase(ids, people)


def _users(session: Session, partner: Account, ids: dict[str, int | str]) -> None:
    """Users who have not accepted yet, whose invitation has expired, or who are disabled."""
    invited = factories.user(session, partner, full_name="Ivy Late", password_hash=None)
    factories.invitation(session, invited, token="welcome")
    expired = factories.user(session, partner, full_name="Max Lost", password_hash=None)
    factories.invitation(session, expired, token="too-late", expires_at=NOW - timedelta(days=1))
    disabled = factories.user(session, partner, full_name="Zoe Gone", disabled_at=NOW)
    ids |= {
        "invited_user": invited.id,
        "expired_user": expired.id,
        "disabled_user": disabled.id,
    }


def _servers(
    session: Session, partner: Account, keyring: Keyring, token: str, ids: dict[str, int | str]
) -> dict[str, Server]:
    made = {
        "server": factories.server(
            session, partner, name="Main office", keyring=keyring, token=token
        ),
        "paused_server": factories.server(
            session,
            partner,
            name="West Coast",
            keyring=keyring,
            health="unhealthy",
            health_reason=_REASON,
        ),
        "empty_server": factories.server(session, partner, name="Bought last week"),
        "removed_server": factories.server(session, partner, name="Old login", removed_at=NOW),
        "waiting_server": factories.server(session, partner, name="Registered twice"),
    }
    later, earlier = made["waiting_server"], made["server"]
    later.awaiting_approval_since = NOW
    session.add(ServerOverlap(server_id=later.id, other_id=earlier.id, shared=4_812, found_at=NOW))
    factories.health_change(session, made["paused_server"], reason=_REASON)
    for days, before, after in ((9, "healthy", "unhealthy"), (8, "unhealthy", "healthy")):
        factories.health_change(
            session, made["server"], before=before, after=after, at=NOW - timedelta(days=days)
        )
    ids |= {name: server.id for name, server in made.items()}
    return made


def _feeds(
    session: Session, servers: dict[str, Server], customer: Account, ids: dict[str, int | str]
) -> Feed:
    """A feed in every state, and more of them than a page of a list has."""
    server = servers["server"]
    feed = factories.feed(
        session, server, customer, customer_name="Harbour Architects", customer_id="HARB01"
    )
    made = {
        "unhealthy_feed": factories.feed(
            session,
            server,
            customer_name="Rosie’s Bakery",
            health="unhealthy",
            last_data_on=TODAY - timedelta(days=12),
        ),
        "pending_feed": factories.feed(
            session, server, customer_name="First Night Hotel", status="pending"
        ),
        "inactive_feed": factories.feed(
            session, server, customer_name="On Leave Ltd.", status="inactive"
        ),
        "removed_feed": factories.feed(
            session, server, customer_name="Moved Away Inc.", status="removed"
        ),
        "paused_feed": factories.feed(
            session, servers["paused_server"], customer_name="Pacific Dental"
        ),
        "long_feed": factories.feed(session, server, customer_name=LONG_NAME),
    }
    made["unhealthy_feed"].suggested_interval_days = 30
    made["monthly_feed"] = factories.feed(
        session, server, customer_name="Monthly Museum", last_data_on=TODAY - timedelta(days=12)
    )
    made["monthly_feed"].read_interval_days = 30
    factories.device(session, made["long_feed"], asset_id="", serial_number=LONG_SERIAL)
    factories.health_change(
        session,
        made["unhealthy_feed"],
        reason=reason("silent", days=3, last=TODAY - timedelta(days=6)),
    )
    ids["long_customer"] = made["long_feed"].account_id
    ids |= {name: one.id for name, one in made.items()}
    for number in range(1, 61):
        quiet = factories.feed(session, server, customer_name=f"Branch {number:02}")
        factories.device(session, quiet, latest_count=182_345 + 37 * number)
        factories.deposit(session, quiet, pages=37 * number)
    return feed


def _months(session: Session, customer: Account, ids: dict[str, int | str]) -> None:
    """Certificates: rendered, pending, with late pages, and more of them than a page shows."""
    for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
        factories.closed_month(session, customer, month)
    pending_render = factories.certificate(session, customer, month="2026-09", pages=812)
    late = factories.certificate(session, customer, month="2026-08", late_pages=4_120)
    late.late_months = "2026-06 2026-07"
    rendered = factories.certificate(session, customer, month="2026-10", pages=1_234_567_890)
    renderer = certificate_renderer()
    for certificate in (late, rendered):
        address = f"https://releaf.example/c/{certificate.public_id}"
        values = certificates.values(session, certificate, address)
        factories.document(session, certificate, renderer.render(values))
    for number in range(1, 61):
        month = f"{2020 + number // 12}-{number % 12 + 1:02}"
        factories.certificate(session, customer, month=month)
    ids |= {
        "number": rendered.number,
        "pending_render": pending_render.number,
        "late": late.number,
        "public_id": rendered.public_id,
    }


def _collections(
    session: Session,
    servers: dict[str, Server],
    feed: Feed,
    person: User,
    ids: dict[str, int | str],
) -> None:
    """Collections in every state; the finished one has every outcome."""
    server = servers["server"]
    usual = partial(factories.collection, session, server, printers=240, feeds=12)
    made = {
        "collection": usual(),
        "failed_collection": factories.collection(
            session, servers["paused_server"], state="failed", reason=_REASON, feeds=None
        ),
        "running_collection": usual(kind="manual", state="running", requested_by=person.id),
        "queued_collection": factories.collection(session, server, kind="manual", state="queued"),
        "cancelled_collection": usual(kind="manual", state="cancelled"),
        "one_collection": factories.collection(session, server, kind="manual", feed_id=feed.id),
    }
    silent = usual(kind="manual", state="running")
    silent.alive_at = NOW - timedelta(hours=2)
    late = factories.collection(session, server, kind="manual", state="queued")
    late.queued_at = NOW - timedelta(minutes=9)
    made |= {"silent_collection": silent, "late_collection": late}
    skipped: list[Mapping[str, object]] = [
        {"reason": reason("incomplete"), "asset_id": "FAX", "serial_number": LONG_SERIAL},
        {
            "reason": reason("counter_contradicted", name="paperAreaTotal"),
            "asset_id": "",
            "serial_number": "X",
        },
    ]
    for name in ("collection", "running_collection"):
        factories.outcome(session, made[name], feed, skipped=skipped)
        factories.outcome(
            session, made[name], _feed(session, ids["unhealthy_feed"]), kind="unchanged", pages=0
        )
        factories.outcome(
            session, made[name], _feed(session, ids["inactive_feed"]), kind="not_found", pages=0
        )
        factories.outcome(
            session,
            made[name],
            _feed(session, ids["long_feed"]),
            kind="failed",
            pages=0,
            reason=reason("server_error", status=502),
        )
    session.flush()
    ids |= {name: collection.id for name, collection in made.items()}


def _mails(session: Session, to: User, ids: dict[str, int | str]) -> None:
    """Mails in every state."""
    refused = reason("recipient_refused", response="550 no such user")
    for state, error in (("queued", refused), ("sending", None), ("failed", refused)):
        ids[f"{state}_mail"] = factories.mail(session, to, state=state, error=error).id
    ids["mail"] = factories.mail(session, to).id


def _feed(session: Session, feed_id: int | str) -> Feed:
    return session.get_one(Feed, feed_id)
