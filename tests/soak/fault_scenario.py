"""The fault scenario: at each visit the clock is moved and the planned faults happen."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from tests.printerpoint.hostile_answers import answer
from tests.soak.clock import FIRST_MOMENT, MovedClock
from tests.soak.database import Database
from tests.soak.fleet import Event, Fleet
from tests.soak.plan import ApiFault, Disruption, Visit
from tests.soak.processes import Processes
from webapp import queue
from webapp.models import Collection, Server
from webapp.printerpoint.sandbox.models import Company
from webapp.services.collection import requests

#: Real seconds a visit may take when something is wrong, and when nothing is.
TIME_LIMIT, LONG_TIME_LIMIT = 4.0, 60.0
#: Real seconds after which a fault of the API that does not outlast its visit ends.
_MIDWAY = 0.5
_LOOKS_EVERY = 0.03
#: Real seconds without an end, after which the clock is moved on a little.
_STEP_EVERY = 0.7
#: The same while a worker is at work.
_LONGEST_STEP = 2.0


class NotFinished(Exception):
    """Nothing is wrong any more, and yet the nights do not end."""


class FaultScenario:
    """The run itself. ``happened`` of its fleet is what a fault-free run has to repeat."""

    def __init__(
        self, fleet: Fleet, processes: Processes, clock: MovedClock, database: Database, seed: int
    ) -> None:
        self.fleet = fleet
        self.processes = processes
        self.clock = clock
        self.database = database
        #: Faults that were really done, by kind; kills are counted by the processes.
        self.faults: Counter[str] = Counter()
        #: Visits that ended with a night unfinished.
        self.unfinished = 0
        self._chance = random.Random(f"quarter {seed}")
        self._fault_until = -1
        self._before = FIRST_MOMENT
        self._silent: dict[str, int] = {}
        self._changes: list[str] = []
        self._lockers: list[threading.Thread] = []

    def run(self, visits: Sequence[Visit]) -> None:
        """Run all visits; at the end there is no fault and every night is finished."""
        for visit, following in zip(visits, [*visits[1:], None], strict=True):
            last = following is None or visit.number >= len(visits) - 3
            if last:
                self._end_faults()
            room = timedelta(hours=2)
            if following is not None:
                room = (following.moment - visit.moment) / 2
            self._visit(visit, room, undisturbed=last or visit.number < 2)
            if visit.number == 0:
                self.fleet.begins()
            if following is not None:
                self._apply_changes(visit)
            self._before = visit.moment

    def _visit(self, visit: Visit, room: timedelta, *, undisturbed: bool) -> None:
        self.fleet.printerpoint.set_time(visit.moment)
        for customer in [who for who, until in self._silent.items() if until <= visit.number]:
            self._start_agent(customer)
        for lasts in visit.freezes:
            self._stop_agent(visit.number + lasts)
        if visit.api_fault is not None:
            self._start_fault(visit.api_fault, visit.number)
        elif self._fault_until == visit.number:
            self.fleet.printerpoint.recover()
        self.clock.set_time(visit.moment)
        self._changes += visit.changes
        self._run_visit(visit, room, undisturbed)
        for locker in self._lockers:
            locker.join()
        self._lockers.clear()

    def _run_visit(self, visit: Visit, room: timedelta, undisturbed: bool) -> None:
        """Disrupt, restart and let minutes pass until every night is done or time is up."""
        began = time.monotonic()
        time_limit = LONG_TIME_LIMIT if undisturbed else TIME_LIMIT
        until = self.clock.now + room
        left = sorted(visit.disruptions, key=lambda disruption: disruption.after)
        stepped, minutes, midway = began, 1.0, visit.api_fault is not None
        while True:
            seconds = time.monotonic() - began
            if midway and seconds > _MIDWAY and self._fault_until <= visit.number:
                self.fleet.printerpoint.recover()
                midway = False
            left = [disruption for disruption in left if not self._disrupt(disruption, seconds)]
            self.processes.restart_ended()
            if not left and not midway and self._is_done(visit.number):
                return
            if seconds > time_limit:
                if undisturbed:
                    raise NotFinished(f"visit {visit.number} at {visit.moment}: {self._states()}")
                self.unfinished += 1
                return
            # A slow machine gets more time for a minute: else what falls due outruns the workers.
            pause = _LONGEST_STEP if self.processes.is_working() else _STEP_EVERY
            if time.monotonic() - stepped > pause and self.clock.now < until:
                if not midway and self._waits_for_a_check():
                    minutes = 61.0
                self.clock.passes(timedelta(minutes=minutes, seconds=1))
                stepped, minutes = time.monotonic(), min(minutes * 2, 8.0)
            if any(disruption.kind == "kill" and disruption.at_work for disruption in left):
                self.database.is_busy()  # the night lasts longer, so that it can be hit
            time.sleep(_LOOKS_EVERY)

    def _disrupt(self, disruption: Disruption, seconds: float) -> bool:
        """Strike when it is time; False to try again."""
        if seconds < disruption.after:
            return False
        collecting = self._collecting()
        if (
            disruption.at_work
            and not (collecting and self.processes.is_working())
            and seconds < TIME_LIMIT - 1
        ):
            return False
        if disruption.kind == "kill":
            return (
                self.processes.kill_one(disruption.victim, collecting) or seconds > TIME_LIMIT - 1
            )
        self.faults[disruption.kind] += 1
        if disruption.kind == "redis restarted":
            self.processes.redis.restart()
        elif disruption.kind == "redis flushed":
            self.processes.redis.flush()
        elif disruption.kind == "database restarted":
            self.database.restarts()
        else:
            locker = threading.Thread(target=self.database.locks, args=(disruption.seconds,))
            locker.start()
            self._lockers.append(locker)
        return True

    def _is_done(self, number: int) -> bool:
        """Whether every server's night is finished, or cannot be while its fault lasts."""
        with self.fleet.reading_session() as session:
            running = session.scalar(
                select(Collection.id).where(Collection.state.in_(("running", "queued"))).limit(1)
            )
            if running is not None:
                return False
            for server in session.scalars(select(Server)):
                if server.health == "unhealthy" and self._fault_until > number:
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
        with self.fleet.reading_session() as session:
            unhealthy = select(Server.id).where(Server.health == "unhealthy").limit(1)
            return session.scalar(unhealthy) is not None

    def _states(self) -> str:
        """What is unfinished, and the state of servers, for debugging."""
        with self.fleet.reading_session() as session:
            latest = session.scalars(select(Collection).order_by(Collection.id.desc()).limit(6))
            standing = select(Collection).where(Collection.state.in_(("running", "queued")))
            lines = [
                f"{c.id}: server {c.server_id}, {c.kind} of {c.day}, {c.state}, {c.reason}, "
                f"queued {c.queued_at}, alive {c.alive_at}"
                for c in (*session.scalars(standing), *latest)
            ]
            lines += [f"server {s.id}: {s.health}" for s in session.scalars(select(Server))]
        return "; ".join([f"now {self.clock.now}", *lines])

    def _collecting(self) -> bool:
        with self.fleet.reading_session() as session:
            query = select(Collection.id).where(Collection.state == "running").limit(1)
            return session.scalar(query) is not None

    def _start_fault(self, api_fault: ApiFault, number: int) -> None:
        printerpoint = self.fleet.printerpoint
        if api_fault.verb == "answer":
            answer(printerpoint, **api_fault.words)
        else:
            getattr(printerpoint, api_fault.verb)(**api_fault.words)
        self._fault_until = number + api_fault.visits
        self.faults[api_fault.kind] += 1

    def _stop_agent(self, until: int) -> None:
        chattering = [who for who in self.fleet.feeds if who not in self._silent]
        if chattering:
            customer = self._chance.choice(chattering)
            self.fleet.printerpoint.stop_agent(customer)
            self._silent[customer] = until
            self.faults["agent silent"] += 1

    def _start_agent(self, customer: str) -> None:
        self.fleet.printerpoint.start_agent(customer)
        del self._silent[customer]

    def _end_faults(self) -> None:
        self.fleet.printerpoint.recover()
        self._fault_until = -1
        for customer in list(self._silent):
            self._start_agent(customer)

    def _apply_changes(self, visit: Visit) -> None:
        """Apply the planned changes to printers of which every page has been read."""
        for printer in self.fleet.resting_until(visit.moment):
            if self.fleet.is_read(printer):
                self.fleet.happens(Event(visit.number, visit.moment, "resume_printing", (printer,)))
        if self._fault_until > visit.number or not self._is_done(visit.number):
            return
        for verb in self._changes:
            event = self._event(visit, verb)
            if event is not None:
                self._changes.remove(verb)
                self.fleet.happens(event)
                if event.verb == "replace_printer":
                    self._collects_now(str(event.words[1]))
                return

    def _event(self, visit: Visit, verb: str) -> Event | None:
        """Return the event of a planned change; None while no printer is suitable."""
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
            if time.monotonic() - began > LONG_TIME_LIMIT:
                raise NotFinished(f"{printer} is not read by collecting now")
            self.processes.restart_ended()
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
            deadline = time.monotonic() + TIME_LIMIT
            while not self.fleet.is_read(printer) and time.monotonic() < deadline:
                self.processes.restart_ended()
                time.sleep(_LOOKS_EVERY)
