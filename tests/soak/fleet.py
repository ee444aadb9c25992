"""The fleet of a run: partners in their zones, customers, printers, and what happens to them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tests.database import open_session
from tests.soak.clock import FIRST_MOMENT
from webapp.app import create_app
from webapp.crypto import Keyring
from webapp.db import READ_ONLY
from webapp.domain.metering.codec import from_json
from webapp.models import Account, Device, Feed
from webapp.printerpoint.sandbox import Sandbox
from webapp.printerpoint.sandbox.models import Machine
from webapp.printerpoint.sandbox.usage import COUNTER_SETS
from webapp.services.servers import servers
from webapp.settings import Settings

#: Zone and country of each partner, by which its days end and its holidays fall.
PARTNERS = (
    ("America/New_York", "US"),
    ("Europe/Berlin", "DE"),
    ("Pacific/Auckland", "NZ"),
)

#: Pages a weekday of a printer whose counter begins at 0. What a late reading brings of several
#: days is within the limit of new machines, 500 a business day: pages above it become a baseline
#: if the next readings, hours apart here, do not resemble them, and would not be counted.
NEW_MACHINE_PAGES = 100


@dataclass(frozen=True, slots=True)
class Size:
    """How large a fleet is."""

    partners: int
    customers: int
    printers: int
    page_size: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something done to a printer or a customer, after the readings of a visit."""

    visit: int
    moment: datetime
    verb: str
    words: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ConnectedFeed:
    """A customer's feed."""

    feed_id: int
    account_id: int
    server_id: int
    customer: str
    zone: ZoneInfo


class Fleet:
    """A sandbox and the accounts, servers and feeds on it; the same for the same seed and size."""

    def __init__(self, config: Settings, printerpoint: Sandbox, seed: int, size: Size) -> None:
        self.config = config
        self.app = create_app(config)
        self.printerpoint = printerpoint
        self.feeds: dict[str, ConnectedFeed] = {}
        self.servers: dict[int, ZoneInfo] = {}
        self.happened: list[Event] = []
        self._baseline: dict[str, int] = {}
        self._rhythms: dict[str, int] = {}
        chance = random.Random(f"fleet {seed}")
        printerpoint.configure(page_size=size.page_size)
        printerpoint.set_time(FIRST_MOMENT)
        for number in range(size.partners):
            self._has_partner(number, size, chance)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that may write."""
        with open_session(self.config.database_url) as session:
            yield session

    @contextmanager
    def reading_session(self) -> Iterator[Session]:
        """A read-only session, which takes no lock."""
        with self.session() as session:
            session.connection(execution_options=READ_ONLY)
            yield session

    def begins(self) -> None:
        """Every printer has its first reading: from here on, every page counts."""
        self._baseline = {customer: self._printed(customer) for customer in self.feeds}

    def printed(self) -> dict[int, int]:
        """The oracle: by feed, the pages its customer printed since the fleet began."""
        return {
            feed.feed_id: self._printed(customer) - self._baseline[customer]
            for customer, feed in self.feeds.items()
        }

    def is_read(self, printer: str) -> bool:
        """Whether the service has counted every page that a printer has printed."""
        machine = self.machine(printer)
        with self.reading_session() as session:
            return any(
                reported(d) == machine.count for d in session.scalars(self._devices(machine))
            )

    def is_settled(self, printer: str) -> bool:
        """Whether it is read, and no fall of its counter waits to be confirmed."""
        machine = self.machine(printer)
        with self.reading_session() as session:
            devices = session.scalars(self._devices(machine)).all()
        return any(d.latest_count == machine.count == reported(d) for d in devices)

    def machine(self, printer: str) -> Machine:
        """A printer of the sandbox."""
        return next(m for m in self.printerpoint.data.machines.values() if m.serial == printer)

    def printers_of(self, customer: str) -> list[str]:
        """The serial numbers of a customer's printers."""
        machines = self.printerpoint.data.machines.values()
        return [m.serial or "" for m in machines if m.company == customer]

    def happens(self, event: Event) -> None:
        """Do it, and remember that it was done."""
        printerpoint, words = self.printerpoint, event.words
        if event.verb == "resume_printing":
            self.machine(str(words[0])).pages_per_weekday = self._rhythms.pop(str(words[0]))
        else:
            getattr(printerpoint, event.verb)(*words)
        if event.verb == "reset_count":
            # It rests until that is read: what it printed before would be lost by nature.
            machine = self.machine(str(words[0]))
            self._rhythms[str(words[0])] = min(machine.pages_per_weekday, NEW_MACHINE_PAGES)
            machine.pages_per_weekday = 0
        elif event.verb == "replace_printer":
            machine = self.machine(str(words[1]))
            machine.pages_per_weekday = min(machine.pages_per_weekday, NEW_MACHINE_PAGES)
        self.happened.append(event)

    def resting_until(self, moment: datetime) -> list[str]:
        """Printers that were reset more than a day before, and do not print yet."""
        return [
            str(event.words[0])
            for event in self.happened
            if event.verb == "reset_count"
            and event.words[0] in self._rhythms
            and moment - event.moment > timedelta(hours=25)
        ]

    def _printed(self, customer: str) -> int:
        return sum(self.printerpoint.pages_printed(customer).values())

    def _devices(self, machine: Machine) -> Select[Device]:
        feed_id = self.feeds[machine.company].feed_id
        return select(Device).where(
            Device.feed_id == feed_id, Device.serial_number == machine.serial
        )

    def _has_partner(self, number: int, size: Size, chance: random.Random) -> None:
        zone, country = PARTNERS[number]
        token = self.printerpoint.token if number == 0 else f"token-of-partner-{number}"
        self.printerpoint.add_dealer(token)
        with self.session() as session:
            partner = Account(
                kind="partner",
                name=f"Partner {zone}",
                time_zone=zone,
                country=country,
                created_at=FIRST_MOMENT,
            )
            session.add(partner)
            session.flush()
            server = servers.register(
                session,
                Keyring(self.config.encryption_keys),
                partner,
                name="Printerpoint",
                token=token,
                now=FIRST_MOMENT,
            )
            session.flush()
            self.servers[server.id] = ZoneInfo(zone)
            for place in range(size.customers):
                customer = self._has_customer(f"{number}{place}", token, size.printers, chance)
                self._has_feed(session, partner, server.id, customer, ZoneInfo(zone))
            session.commit()

    def _has_customer(self, mark: str, token: str, printers: int, chance: random.Random) -> str:
        # One in three has no ID and is known by its name.
        customer_id = None if chance.random() < 0.34 else f"ID-{mark}"
        customer = self.printerpoint.add_customer(f"Customer {mark}", customer_id, token)
        for place in range(printers):
            self.printerpoint.add_printer(
                customer,
                serial=f"S{mark}{place}",
                asset=f"A{mark}{place}",
                # No power of ten or of two is passed on the way, so that no fall looks like one.
                count=chance.randrange(300_000, 380_000),
                counter_set=chance.choice(COUNTER_SETS),
                pages_per_weekday=chance.randrange(50, 800),
            )
        return customer

    def _has_feed(
        self, session: Session, partner: Account, server_id: int, customer: str, zone: ZoneInfo
    ) -> None:
        company = self.printerpoint.data.companies[customer]
        account = Account(
            kind="customer", name=company.name, partner_id=partner.id, created_at=FIRST_MOMENT
        )
        session.add(account)
        session.flush()
        feed = Feed(
            server_id=server_id,
            account_id=account.id,
            customer_id=company.customer_id,
            customer_name=company.name,
            status="pending",
            health="pending",
            health_changed_at=FIRST_MOMENT,
            created_at=FIRST_MOMENT,
        )
        session.add(feed)
        session.flush()
        self.feeds[customer] = ConnectedFeed(feed.id, account.id, server_id, customer, zone)


def reported(device: Device) -> int:
    """The count of a device's last reading, believed or not."""
    return from_json(device.state).reported
