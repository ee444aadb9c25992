"""What the guide's pictures show: a partner with a few customers, as in the demo."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW, TODAY, YESTERDAY
from webapp.crypto import Keyring
from webapp.domain.reasons import reason
from webapp.models import Device, Feed, Server, User
from webapp.pdf import certificate_renderer
from webapp.services.certificates import certificates

#: The days that have readings, and the silent ones of the clinic before today.
_DAYS, _SILENT = 61, 7
#: The pages of its printers on a working day.
_OFFICE, _CLINIC = 190, 140
#: One printer of each feed: a deposit is unique in its feed and day.
_METERED = ("CV-1 Reception", "SB-104 Radiology")


def build(session: Session, keyring: Keyring, token: str, ids: dict[str, int | str]) -> User:
    """Build it, name its parts in ``ids``, and return the partner's administrator."""
    partner = factories.partner(session, name="Northwind Print Partners")
    admin = factories.user(session, partner, full_name="Nora Winters")
    server = factories.server(session, partner, name="Printerpoint", keyring=keyring, token=token)
    clinic = _feed(session, server, "Cascade Veterinary Clinic", "CASC06")
    for asset, serial in (("CV-1 Reception", "CNBK4410"), ("CV-2 Surgery", "CNBK4411")):
        device = _device(session, clinic, asset, serial, _CLINIC, _SILENT)
        ids.setdefault("guide_device", device.id)
    last = TODAY - timedelta(days=_SILENT + 1)
    clinic.health, clinic.last_data_on = "unhealthy", last
    why = reason("silent", days=3, last=last)
    factories.health_change(session, clinic, reason=why, at=NOW - timedelta(days=2))
    hospital = _feed(session, server, "St. Brigid’s Hospital", "STBR02")
    ids |= {
        "guide_feed": clinic.id,
        "guide_review": _case(session, hospital),
        "guide_server": server.id,
    }
    _certificate(session, server, ids)
    return admin


def _feed(session: Session, server: Server, name: str, customer_id: str) -> Feed:
    account = factories.customer(session, server.account, name=name)
    return factories.feed(session, server, account, customer_name=name, customer_id=customer_id)


def _device(
    session: Session, feed: Feed, asset: str, serial: str, a_day: int, silent: int = 0
) -> Device:
    """A device that was read every night until it became silent, with the pages of each day."""
    first = TODAY - timedelta(days=_DAYS)
    device = factories.device(
        session, feed, asset_id=asset, serial_number=serial, initial_count=144_409, first_on=first
    )
    count = device.initial_count
    factories.reading(session, device, day=first, count=count, baseline=True)
    for ago in range(_DAYS - 1, silent, -1):
        day = TODAY - timedelta(days=ago)
        pages = _pages(day, a_day)
        count += pages
        factories.reading(session, device, day=day, count=count)
        if pages:
            since = day - timedelta(days=1)
            factories.delta(session, device, since=since, day=day, pages=pages)
            if asset in _METERED:
                factories.deposit(session, feed, day=day, pages=pages)
    device.latest_count, device.life_count = count, count - device.initial_count
    device.latest_on = TODAY - timedelta(days=silent + 1)
    return device


def _pages(day: date, a_day: int) -> int:
    return 0 if day.weekday() >= 5 else a_day + day.toordinal() * 37 % a_day


def _case(session: Session, feed: Feed) -> int:
    """Pages that later readings stayed above, and that a user has to decide."""
    device = _device(session, feed, "SB-104 Radiology", "JPBV9021", _OFFICE, silent=4)
    before, since = device.latest_count, device.latest_on
    device.latest_on = since + timedelta(days=1)
    device.latest_count = before + 27_314
    factories.reading(session, device, day=device.latest_on, count=device.latest_count)
    delta = factories.delta(
        session,
        device,
        since=since,
        day=device.latest_on,
        pages=27_314,
        state="held",
        kind="limit",
        for_person=True,
    )
    evidence = []
    while device.latest_on < YESTERDAY:
        device.latest_on += timedelta(days=1)
        device.latest_count += 230
        factories.reading(session, device, day=device.latest_on, count=device.latest_count)
        evidence.append([device.latest_on.isoformat(), device.latest_count])
    delta.evidence = evidence
    return delta.id


def _certificate(session: Session, server: Server, ids: dict[str, int | str]) -> None:
    """October of a customer that shares its trees."""
    feed = _feed(session, server, "Whitcombe & Sayer LLP", "WHIT01")
    customer = feed.account
    customer.badge_id, customer.badge_on = "whitcombe-badge", True
    factories.deposit(session, feed, pages=43_538)
    factories.closed_month(session, customer, "2026-10")
    october = factories.certificate(session, customer, month="2026-10", pages=48_135)
    values = certificates.values(session, october, f"https://releaf.example/c/{october.public_id}")
    factories.document(session, october, certificate_renderer().render(values))
    ids |= {"guide_certificate": october.number, "guide_customer": customer.id}
