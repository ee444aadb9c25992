"""A quarter: visit after visit, the clock is moved and the house lives through what is planned."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from tests.soak.clock import FIRST_MOMENT, MovedClock
from tests.soak.database import Database
from tests.soak.fleet import Event, Fleet
from tests.soak.house import House
from tests.soak.plan import Blow, Trouble, Visit
from webapp import queue
from webapp.models import Collection, Server
from webapp.printerpoint.sandbox.models import Company
from webapp.services.collection import requests

#: Real seconds a visit may take when something is wrong, and when nothing is.
PATIENCE, LONG_PATIENCE = 4.0, 60.0
#: Real seconds after which a trouble that does not outlast its visit ends.
_MIDWAY = 0.5
_LOOKS_EVERY = 0.03
#: Real seconds without an end, after which the clock is moved on a little.
_STEP_EVERY = 0.7
#: The same while a worker is at work.
_LONGEST_STEP = 2.0


class Stuck(Exception):
    """Nothing is wrong any more, and yet the nights do not end."""


class Quarter:
    """The run itself. ``happened`` of its fleet is what a fault-free run has to repeat."""

    def __init__(
        self, fleet: Fleet, house: House, clock: MovedClock, database: Database, seed: int
    ) -> None:
        self.fleet = fleet
        self.house = house
        self.clock = clock
        self.database = database
        #: Faults that were really done, by kind; kills are in the house.
        self.faults: Counter[str] = Counter()
        #: Visits that ended with a night unfinished.
        self.unfinished = 0
        self._chance = random.Random(f"quarter {seed}")
        self._trouble_until = -1
        self._before = FIRST_MOMENT
        self._silent: dict[str, int] = {}
        self._wishes: list[str] = []
        self._lockers: list[threading.Thread] = []

    def runs(self, visits: Sequence[Visit]) -> None:
        """Live through all visits; at the end nothing is wrong and every night is done."""
        for visit, following in zip(visits, [*visits[1:], None], strict=True):
            last = following is None or visit.number >= len(visits) - 3
            if last:
                self._all_is_well()
            room = timedelta(hours=2)
            if following is not None:
                room = (following.moment - visit.moment) / 2
            self._visit(visit, room, calm=last or visit.number < 2)
            if visit.number == 0:
                self.fleet.begins()
            if following is not None:
                self._grant_wishes(visit)
            self._before = visit.moment

    def _visit(self, visit: Visit, room: timedelta, *, calm: bool) -> None:
        self.fleet.printerpoint.set_time(visit.moment)
        for customer in [who for who, until in self._silent.items() if until <= visit.number]:
            self._returns(customer)
        for lasts in visit.freezes:
            self._freezes(visit.number + lasts)
        if visit.trouble is not None:
            self._goes_wrong(visit.trouble, visit.number)
        elif self._trouble_until == visit.number:
            self.fleet.printerpoint.recover()
        self.clock.it_is(visit.moment)
        self._wishes += visit.wishes
        self._lives_through(visit, room, calm)
        for locker in self._lockers:
            locker.join()
        self._lockers.clear()

    def _lives_through(self, visit: Visit, room: timedelta, calm: bool) -> None:
        """Strike, revive and let minutes pass until every night is done, or patience ends."""
        began = time.monotonic()
        patience = LONG_PATIENCE if calm else PATIENCE
        until = self.clock.now + room
        left = sorted(visit.blows, key=lambda blow: blow.after)
        stepped, minutes, midway = began, 1.0, visit.trouble is not None
        while True:
            seconds = time.monotonic() - began
            if midway and seconds > _MIDWAY and self._trouble_until <= visit.number:
                self.fleet.printerpoint.recover()
                midway = False
            left = [blow for blow in left if not self._strikes(blow, seconds)]
            self.house.revives()
            if not left and not midway and self._is_done(visit.number):
                return
            if seconds > patience:
                if calm:
                    raise Stuck(f"visit {visit.number} at {visit.moment}: {self._states()}")
                self.unfinished += 1
                return
            # A slow machine gets more time for a minute: else what falls due outruns the workers.
            pause = _LONGEST_STEP if self.house.works() else _STEP_EVERY
            if time.monotonic() - stepped > pause and self.clock.now < until:
                if not midway and self._waits_for_a_check():
                    minutes = 61.0
                self.clock.passes(timedelta(minutes=minutes, seconds=1))
                stepped, minutes = time.monotonic(), min(minutes * 2, 8.0)
            if any(blow.kind == "kill" and blow.at_work for blow in left):
                self.database.is_busy()  # the night lasts longer, so that it can be hit
            time.sleep(_LOOKS_EVERY)

    def _strikes(self, blow: Blow, seconds: float) -> bool:
        """Strike when it is time; False to try again."""
        if seconds < blow.after:
            return False
        collecting = self._collecting()
        if blow.at_work and not (collecting and self.house.works()) and seconds < PATIENCE - 1:
            return False
        if blow.kind == "kill":
            return self.house.kills_one(blow.victim, collecting) or seconds > PATIENCE - 1
        self.faults[blow.kind] += 1
        if blow.kind == "redis restarted":
            self.house.redis.restart()
        elif blow.kind == "redis flushed":
            self.house.redis.flush()
        elif blow.kind == "database restarted":
            self.database.restarts()
        else:
            locker = threading.Thread(target=self.database.locks, args=(blow.seconds,))
            locker.start()
            self._lockers.append(locker)
        return True

    def _is_done(self, number: int) -> bool:
        """Whether every server's night is finished, or cannot be while its trouble lasts."""
        with self.fleet.only_looking() as session:
            running = session.scalar(
                select(Collection.id).where(Collection.state.in_(("running", "queued"))).limit(1)
            )
            if running is not None:
                return False
            for server in session.scalars(select(Server)):
                if server.health == "unhealthy" and self._trouble_until > number:
                    continue
                day = requests.due_day(server.account, self.clock.now)
                night = select(Collection.id).where(
                    Collection.server_id == server.id,
                    Collection.kind == "scheduled",
                    Collection.day == day,
                    Collection.state == "finished",
                )
                if server.health == "unhealthy" or session.scalar(night) is None:
                    return False
        return True

    def _waits_for_a_check(self) -> bool:
        """Whether a server is paused until the hourly check finds it healthy again."""
        with self.fleet.only_looking() as session:
            unhealthy = select(Server.id).where(Server.health == "unhealthy").limit(1)
            return session.scalar(unhealthy) is not None

    def _states(self) -> str:
        """What is unfinished, and how servers are; for whoever has to find out why."""
        with self.fleet.only_looking() as session:
            latest = session.scalars(select(Collection).order_by(Collection.id.desc()).limit(6))
            standing = select(Collection).where(Collection.state.in_(("running", "queued")))
            told = [
                f"{c.id}: server {c.server_id}, {c.kind} of {c.day}, {c.state}, {c.reason}, "
                f"queued {c.queued_at}, alive {c.alive_at}"
                for c in (*session.scalars(standing), *latest)
            ]
            told += [f"server {s.id}: {s.health}" for s in session.scalars(select(Server))]
        return "; ".join([f"now {self.clock.now}", *told])

    def _collecting(self) -> bool:
        with self.fleet.only_looking() as session:
            query = select(Collection.id).where(Collection.state == "running").limit(1)
            return session.scalar(query) is not None

    def _goes_wrong(self, trouble: Trouble, number: int) -> None:
        getattr(self.fleet.printerpoint, trouble.verb)(**trouble.words)
        self._trouble_until = number + trouble.visits
        self.faults[trouble.kind] += 1

    def _freezes(self, until: int) -> None:
        chattering = [who for who in self.fleet.feeds if who not in self._silent]
        if chattering:
            customer = self._chance.choice(chattering)
            self.fleet.printerpoint.stop_agent(customer)
            self._silent[customer] = until
            self.faults["agent silent"] += 1

    def _returns(self, customer: str) -> None:
        self.fleet.printerpoint.start_agent(customer)
        del self._silent[customer]

    def _all_is_well(self) -> None:
        self.fleet.printerpoint.recover()
        self._trouble_until = -1
        for customer in list(self._silent):
            self._returns(customer)

    def _grant_wishes(self, visit: Visit) -> None:
        """Let happen what was wished for, where all that was printed before has been read."""
        for printer in self.fleet.resting_until(visit.moment):
            if self.fleet.is_read(printer):
                self.fleet.happens(Event(visit.number, visit.moment, "works", (printer,)))
        if self._trouble_until > visit.number or not self._is_done(visit.number):
            return
        for verb in self._wishes:
            event = self._event(visit, verb)
            if event is not None:
                self._wishes.remove(verb)
                self.fleet.happens(event)
                if event.verb == "replace_printer":
                    self._collects_now(str(event.words[1]))
                return

    def _event(self, visit: Visit, verb: str) -> Event | None:
        """What the wish comes to; None while nothing is fit for it."""
        customer = self._chance.choice([who for who in self.fleet.feeds if who not in self._silent])
        company = self.fleet.printerpoint.data.companies[customer]
        if not self._a_day_ended(customer, visit):
            return None
        words: tuple[str | int, ...] | None = None
        if verb == "rename_customer":
            words = (customer, f"{company.name}*") if company.customer_id is not None else None
        else:
            printers = [p for p in self.fleet.printers_of(customer) if self._is_fit(p, verb)]
            if printers:
                words = self._words(verb, self._chance.choice(printers), company)
        return Event(visit.number, visit.moment, verb, words) if words else None

    def _words(self, verb: str, printer: str, company: Company) -> tuple[str | int, ...] | None:
        if verb == "move_printer":
            other = self._neighbour(company)
            return (printer, other) if other else None
        words: dict[str, tuple[str | int, ...]] = {
            "reset_count": (printer, self._chance.choice((0, 0, 7, 50))),
            "replace_printer": (printer, f"{printer}R"),
            "set_asset": (printer, f"A-{printer}-new"),
            "remove_printer": (printer,),
        }
        return words[verb]

    def _a_day_ended(self, customer: str, visit: Visit) -> bool:
        """Whether a customer's night was due at this visit, so that a fault-free run has it too."""
        zone = self.fleet.feeds[customer].zone
        nights = [
            (moment - timedelta(minutes=10)).astimezone(zone).date()
            for moment in (self._before, visit.moment)
        ]
        return nights[0] < nights[1]

    def _is_fit(self, printer: str, verb: str) -> bool:
        """Whether all is read and nothing was done to it before; what moved may move again."""
        done = {event.verb for event in self.fleet.happened if printer in event.words}
        allowed = {"move_printer"} if verb == "move_printer" else set()
        return not done - allowed and self.fleet.is_settled(printer)

    def _neighbour(self, company: Company) -> str | None:
        """Another customer of the same dealer whose agent reports."""
        companies = self.fleet.printerpoint.data.companies.values()
        others = [
            other.key
            for other in companies
            if other.token == company.token
            and other.key != company.key
            and other.key not in self._silent
        ]
        return self._chance.choice(others) if others else None

    def _collects_now(self, printer: str) -> None:
        """Press "Collect now" until a printer's first reading is taken: from there it counts."""
        feed = self.fleet.feeds[self.fleet.machine(printer).company]
        began = time.monotonic()
        while not self.fleet.is_read(printer):
            if time.monotonic() - began > LONG_PATIENCE:
                raise Stuck(f"{printer} is not read by collecting now")
            self.house.revives()
            with self.fleet.session() as session:
                server = session.get_one(Server, feed.server_id)
                now = self.clock.now
                wanted = requests.request(
                    session,
                    server,
                    day=requests.due_day(server.account, now),
                    kind="manual",
                    now=now,
                )
                session.commit()
            queue.run_collection(self.fleet.config, wanted.id)
            deadline = time.monotonic() + PATIENCE
            while not self.fleet.is_read(printer) and time.monotonic() < deadline:
                self.house.revives()
                time.sleep(_LOOKS_EVERY)
