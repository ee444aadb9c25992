"""Builders for every model: what a test does not say is sound and unlike its neighbours.

Each takes the session and flushes, so that ids are there; whoever opened the session commits.
``NOW`` is a Tuesday morning, ``TODAY`` its date.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from jobs import month_end
from webapp.crypto import Keyring
from webapp.db import Base
from webapp.domain import reasons
from webapp.domain.calendar import days_of_gap
from webapp.domain.metering.codec import from_json, to_json
from webapp.domain.metering.counter_sets import CounterSet
from webapp.domain.metering.days import spread
from webapp.domain.metering.identity import normalize, serial_key
from webapp.domain.metering.state import COUNTING, DeltaKind, DeltaState, DeviceState
from webapp.domain.metering.state import Delta as EngineDelta
from webapp.domain.reasons import Reason
from webapp.domain.trees import PAGES_PER_TREE, trees
from webapp.models import (
    Account,
    Brand,
    Certificate,
    ClosedMonth,
    Collection,
    Delta,
    Deposit,
    Device,
    Document,
    Feed,
    HealthChange,
    Invitation,
    Logo,
    Mail,
    Outcome,
    Reading,
    Server,
    User,
)
from webapp.models.collection import CollectionKind, CollectionState, OutcomeKind
from webapp.models.feed import FeedStatus
from webapp.models.user import Role
from webapp.pdf import CertificateValues
from webapp.services import summaries
from webapp.services.accounts import passwords
from webapp.services.accounts.users import VALID, hash_of
from webapp.services.metering import deltas

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)

#: Every user that is made here has it, unless the test says None.
PASSWORD = "correct horse battery staple"
_PASSWORD_HASH = passwords.hash_password(PASSWORD)

_numbers = itertools.count(1)

Row = TypeVar("Row", bound=Base)


def partner(
    session: Session,
    *,
    name: str | None = None,
    time_zone: str = "America/New_York",
    country: str = "US",
) -> Account:
    """A print dealer."""
    return _add(
        session,
        Account(
            kind="partner",
            name=name or f"Northwind Print {next(_numbers)}",
            time_zone=time_zone,
            country=country,
            created_at=NOW,
        ),
    )


def customer(
    session: Session,
    of: Account | None = None,
    *,
    name: str | None = None,
    country: str | None = None,
) -> Account:
    """A customer of a partner."""
    return _add(
        session,
        Account(
            kind="customer",
            name=name or f"Harbour Architects {next(_numbers)}",
            partner=of or partner(session),
            country=country,
            created_at=NOW,
        ),
    )


def logo(session: Session, content: bytes | None = None) -> Logo:
    """A picture unlike any other."""
    content = content or f"no picture {next(_numbers)}".encode()
    return _add(
        session,
        Logo(
            digest=hashlib.sha256(content).hexdigest(),
            content_type="image/png",
            width=320,
            height=80,
            created_at=NOW,
            content=content,
        ),
    )


def brand(
    session: Session,
    of: Account | None = None,
    *,
    name: str | None = None,
    colour: str | None = "#1d4ed8",
    picture: bytes | None = None,
) -> Brand:
    """A partner's name, colour and logo."""
    return _add(
        session,
        Brand(
            account_id=(of or partner(session)).id,
            name=name,
            colour=colour,
            logo=logo(session, picture),
            changed_at=NOW,
        ),
    )


def operations(session: Session) -> Account:
    """The account of operations."""
    return _add(
        session, Account(kind="operations", name="Operations", time_zone="UTC", created_at=NOW)
    )


def user(
    session: Session,
    account: Account | None = None,
    *,
    role: Role | None = None,
    email: str | None = None,
    full_name: str = "Ada Byron",
    password_hash: str | None = _PASSWORD_HASH,
    disabled_at: datetime | None = None,
) -> User:
    """A user who can log in with PASSWORD; of a partner, its administrator."""
    account = account or partner(session)
    usual: dict[str, Role] = {
        "operations": "operations",
        "partner": "partner_admin",
        "customer": "customer",
    }
    number = next(_numbers)
    return _add(
        session,
        User(
            account=account,
            full_name=full_name,
            email=email or f"ada{number}@example.com",
            role=role or usual[account.kind],
            password_hash=password_hash,
            session_version=f"{number:032}",
            created_at=NOW,
            disabled_at=disabled_at,
        ),
    )


def invitation(
    session: Session,
    of: User | None = None,
    *,
    token: str | None = None,
    expires_at: datetime = NOW + VALID,
    used_at: datetime | None = None,
) -> Invitation:
    """An invitation whose link ends in ``token``."""
    return _add(
        session,
        Invitation(
            user=of or user(session, password_hash=None),
            token_hash=hash_of(token or f"token {next(_numbers)}"),
            created_at=expires_at - VALID,
            expires_at=expires_at,
            used_at=used_at,
        ),
    )


def server(
    session: Session,
    account: Account | None = None,
    *,
    name: str = "Printerpoint",
    token: str | None = None,
    keyring: Keyring | None = None,
    health: str = "healthy",
    health_reason: str | Reason | None = None,
    health_changed_at: datetime = NOW,
    removed_at: datetime | None = None,
) -> Server:
    """A server of a partner; its token can be opened when a keyring is given."""
    made = _add(
        session,
        Server(
            account=account or partner(session),
            name=name,
            sealed_token=b"",
            health=health,
            health_reason=_reason(health_reason),
            health_checked_at=NOW,
            health_changed_at=health_changed_at,
            created_at=NOW,
            removed_at=removed_at,
        ),
    )
    if keyring is not None:
        made.encrypt_token(keyring, token or f"token-{next(_numbers)}")
        session.flush()
    return made


def feed(
    session: Session,
    of: Server | None = None,
    account: Account | None = None,
    *,
    customer_id: str | None = None,
    customer_name: str | None = None,
    status: FeedStatus = "active",
    health: str | None = None,
    last_data_on: date | None = YESTERDAY,
    removed_at: datetime | None = None,
) -> Feed:
    """A feed of a server for a customer account of the server's partner."""
    of = of or server(session)
    account = account or customer(session, of.account, name=customer_name)
    usual = "pending" if status == "pending" else "healthy"
    return _add(
        session,
        Feed(
            server=of,
            account=account,
            customer_id=customer_id or f"CUST{next(_numbers):04}",
            customer_name=customer_name or account.name,
            status=status,
            health=health or usual,
            health_changed_at=NOW,
            last_data_on=None if status == "pending" else last_data_on,
            created_at=NOW,
            activated_at=None if status == "pending" else NOW,
            removed_at=removed_at or (NOW if status == "removed" else None),
        ),
    )


def device(
    session: Session,
    of: Feed | None = None,
    *,
    asset_id: str | None = None,
    serial_number: str | None = None,
    counter_set: CounterSet = "colour",
    initial_count: int = 182_345,
    latest_count: int | None = None,
    first_on: date = TODAY - timedelta(days=31),
    latest_on: date = YESTERDAY,
) -> Device:
    """A printer under a feed."""
    of = of or feed(session)
    of.device_count += 1
    number = next(_numbers)
    latest = initial_count if latest_count is None else latest_count
    asset = f"A-{number:04}" if asset_id is None else asset_id
    serial = f"CNB1L{number:05}" if serial_number is None else serial_number
    state = DeviceState(
        serial=serial_key(serial),
        asset=normalize(asset),
        customer=of.customer_id or f"name:{of.customer_name}",
        feed_id=of.id,
        listed_on=first_on,
        counter_set=counter_set,
        initial=initial_count,
        latest=latest,
        latest_on=latest_on,
        life=latest - initial_count,
        baseline_on=first_on,
        read_on=latest_on,
        night=latest_on,
        last_seen=NOW,
    )
    return _add(
        session,
        Device(
            feed=of,
            asset_id=asset,
            serial_number=serial,
            serial_key=state.serial,
            counter_set=counter_set,
            initial_count=initial_count,
            latest_count=latest,
            life_count=state.life,
            first_on=first_on,
            latest_on=latest_on,
            last_seen_at=NOW,
            state=to_json(state),
        ),
    )


def reading(
    session: Session,
    of: Device | None = None,
    *,
    day: date = YESTERDAY,
    count: int = 182_345,
    baseline: bool = False,
) -> Reading:
    """A device's lifetime count on a day."""
    of = of or device(session)
    return _add(
        session,
        Reading(
            device_id=of.id,
            day=day,
            feed_id=of.feed_id,
            count=count,
            counter_set=of.counter_set or "colour",
            baseline=baseline,
            last_seen_at=NOW,
        ),
    )


def delta(
    session: Session,
    of: Device | None = None,
    *,
    since: date | None = None,
    day: date = YESTERDAY,
    pages: int = 1_234,
    state: DeltaState = "counted",
    kind: DeltaKind | None = None,
    counted: int | None = None,
    proposed: int | None = None,
    reason: str | None = None,
    resolved_by: str | None = None,
    evidence: Sequence[tuple[date, int]] = (),
    for_person: bool = False,
) -> Delta:
    """What a device gained; ``state="held"`` is under review. The device's state has it, too."""
    of = of or device(session)
    known = from_json(of.state)
    since = since or day - timedelta(days=1)
    made = EngineDelta(
        number=known.next_number,
        feed_id=of.feed.id,
        since=since,
        day=day,
        before=max(of.latest_count - pages, 0),
        top=of.latest_count,
        pages=pages,
        days=max((day - since).days, 1),
        kind=kind or ("ordinary" if state == "counted" else "limit"),
        state=state,
        counted=counted if counted is not None else pages if state in COUNTING else 0,
        allocation=spread(pages, days_of_gap(since, day)),
        era=known.era,
        for_person=for_person,
        evidence=tuple(evidence),
    )
    if state not in COUNTING:
        known.life = of.life_count = max(known.life - pages, 0)
    known.deltas, known.next_number = (*known.deltas, made), made.number + 1
    of.state = to_json(known)
    is_resolved = state not in ("counted", "held")
    values = deltas.values_of(made) | ({} if proposed is None else {"proposed": proposed})
    return _add(
        session,
        Delta(
            device=of,
            number=made.number,
            **values,
            reason=reason,
            resolved_by=resolved_by or ("user" if is_resolved else None),
            decided_at=NOW if is_resolved else None,
        ),
    )


def deposit(
    session: Session,
    of: Feed | None = None,
    *,
    day: date = YESTERDAY,
    pages: int = 1_234,
    counted_in: str | None = None,
) -> Deposit:
    """Pages credited to a feed for a day; negative ones are a correction."""
    of = of or feed(session)
    month = counted_in or f"{day:%Y-%m}"
    kind = "pages" if pages >= 0 else "correction"
    made = _add(session, Deposit(feed_id=of.id, day=day, counted_in=month, kind=kind, pages=pages))
    summaries.add_deposits(session, of.server_id, {(day, month): pages})
    return made


def closed_month(session: Session, account: Account, month: str = "2026-10") -> ClosedMonth:
    """A month that takes no further deposits."""
    return _add(session, ClosedMonth(account_id=account.id, month=month, closed_at=NOW))


def certificate(
    session: Session,
    account: Account | None = None,
    *,
    month: str = "2026-10",
    pages: int = 2_469_134,
    late_pages: int = 0,
    corrections: int = 0,
    number: str | None = None,
    public_id: str | None = None,
    tree_count: Decimal | None = None,
) -> Certificate:
    """The frozen statement of a customer's month."""
    account = account or customer(session)
    of = account.partner
    serial = next(_numbers)
    made = _add(
        session,
        Certificate(
            number=number or f"R-{month}-{serial:06}",
            public_id=public_id or f"public-{serial:025}",
            account=account,
            month=month,
            account_name=account.name,
            partner_name=of.name if of else account.name,
            pages=pages,
            late_pages=late_pages,
            late_months="",
            corrections=corrections,
            trees=trees(pages) if tree_count is None else tree_count,
            pages_per_tree=PAGES_PER_TREE,
            project="Releaf Reforestation Portfolio",
            issued_on=date(2026, 11, 2),
        ),
    )
    if of is not None:
        summaries.add_certificate(session, of.id, month, pages)
    return made


@cache
def _a_pdf() -> bytes:
    """A certificate that was really drawn; of whom does not matter."""
    values = CertificateValues(
        number="R-2026-10-000001",
        account_name="Harbour Architects, LLP",
        partner_name="Northwind Print",
        month=date(2026, 10, 1),
        pages=8_333,
        late_pages=0,
        late_months=(),
        trees=Decimal(1),
        pages_per_tree=8_333,
        project="Highland Pines, Oregon",
        issued_on=date(2026, 11, 2),
        verify_url="https://releaf.example/c/x",
    )
    return month_end.renderer().render(values)


def document(session: Session, of: Certificate, pdf: bytes | None = None) -> Document:
    """The bytes of a certificate's PDF."""
    pdf = pdf or _a_pdf()
    return _add(
        session,
        Document(certificate_id=of.id, pdf=pdf, sha256=f"{len(pdf):064}", rendered_at=NOW),
    )


def collection(
    session: Session,
    of: Server | None = None,
    *,
    day: date = YESTERDAY,
    kind: CollectionKind = "scheduled",
    state: CollectionState = "finished",
    feed_id: int | None = None,
    feeds: int | None = 1,
    printers: int = 12,
    reason: str | Reason | None = None,
    requested_by: int | None = None,
) -> Collection:
    """A run over a server's feeds."""
    ended = state in ("finished", "failed", "cancelled")
    return _add(
        session,
        Collection(
            server=of or server(session),
            day=day,
            kind=kind,
            feed_id=feed_id,
            state=state,
            reason=_reason(reason),
            requested_by=requested_by,
            queued_at=NOW,
            alive_at=NOW,
            finished_at=NOW if ended else None,
            printers=printers,
            feeds=feeds,
        ),
    )


def outcome(
    session: Session,
    of: Collection,
    to: Feed,
    *,
    kind: OutcomeKind = "collected",
    pages: int = 1_234,
    devices: int = 1,
    skipped: Sequence[Mapping[str, Any]] | None = None,
    reason: str | Reason | None = None,
) -> Outcome:
    """What a collection brought for one feed."""
    return _add(
        session,
        Outcome(
            collection_id=of.id,
            feed_id=to.id,
            outcome=kind,
            pages=pages,
            devices=devices,
            skipped=[{**row, "reason": _reason(row["reason"])} for row in skipped or []],
            reason=_reason(reason),
            at=NOW,
        ),
    )


def health_change(
    session: Session,
    of: Server | Feed,
    *,
    before: str = "healthy",
    after: str = "unhealthy",
    at: datetime = NOW,
    reason: str | Reason = "unreachable",
) -> HealthChange:
    """A change of a server's or a feed's health."""
    return _add(
        session,
        HealthChange(
            server_id=of.id if isinstance(of, Server) else None,
            feed_id=of.id if isinstance(of, Feed) else None,
            before=before,
            after=after,
            at=at,
            reason=_reason(reason),
            last_data_on=of.last_data_on if isinstance(of, Feed) else None,
        ),
    )


def mail(
    session: Session,
    to: User | None = None,
    *,
    key: str | None = None,
    title: str = "Printerpoint is unhealthy",
    state: str = "sent",
    created_at: datetime = NOW,
    error: str | None = None,
) -> Mail:
    """A mail in the outbox."""
    return _add(
        session,
        Mail(
            user=to or user(session),
            key=key or f"change-{next(_numbers)}",
            subject="server",
            title=title,
            plain=f"{title}\n",
            html=f"<p>{title}</p>",
            state=state,
            created_at=created_at,
            due_at=created_at,
            sent_at=created_at if state == "sent" else None,
            attempts=1 if error else 0,
            error=error,
        ),
    )


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def _reason(given: Any) -> Reason | None:
    """A text stands for the reason whose code it is; ``messages`` shows unknown codes."""
    return reasons.reason(given) if isinstance(given, str) else cast("Reason | None", given)
