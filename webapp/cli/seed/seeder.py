"""Seed the demo through the services and the jobs, at simulated times."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from jobs import collection as collecting
from jobs import month_end, notifications
from webapp.cli import context
from webapp.cli.output import ProgressCallback
from webapp.cli.seed import accounts, plan, seed_data
from webapp.cli.seed.plan import Calendar, Event, Night
from webapp.cli.seed.sandbox import SandboxFleet
from webapp.cli.seed.saved_state import SeedState
from webapp.domain.months import Month
from webapp.errors import Conflict
from webapp.extensions import current_settings
from webapp.models import Account, Certificate, Collection, Server
from webapp.services.accounts.calendars import PublicHolidays
from webapp.services.certificates import months
from webapp.services.collection import requests

_OPENING_HOUR = time(9)
_HEALTH_CHECK = timedelta(hours=1)
_NOTICES_WAIT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the demo holds: days of the first and last night, and counts."""

    server_id: int
    first: date
    last: date
    nights: int
    certificates: int


class Seeder:
    """Seeds the database and the sandbox of the demo; ``now``: when the data ends."""

    def __init__(self, now: datetime) -> None:
        config = current_settings()
        self._now = now
        self._sandbox = SandboxFleet(config.printerpoint_url)
        self._calendar = Calendar(
            zone=ZoneInfo(seed_data.TIME_ZONE),
            holidays=PublicHolidays(seed_data.COUNTRY),
            collect_at=config.collect_at,
            close_on=config.close_on,
            close_at=config.close_at,
        )

    def seed(self, state: SeedState, show: ProgressCallback) -> None:
        """Seed an empty database; add the passwords that ``state`` lacks."""
        last = self._last_day()
        first = plan.first_day(last)
        begin = self._calendar.at(first, _OPENING_HOUR)
        # New tokens, since the sandbox may hold fleets of an earlier demo.
        token = f"northwind-{secrets.token_hex(4)}"
        state.spare_token = f"spare-{secrets.token_hex(4)}"
        with self._sandbox.simulated_time():
            self._sandbox.set_time(begin)
            self._sandbox.add_dealer(token, seed_data.CUSTOMERS)
            self._sandbox.add_dealer(state.spare_token, seed_data.SPARE_CUSTOMERS)
            server_id = accounts.create_accounts(token, begin)
            accounts.create_users(state.passwords, begin)
            self._run(server_id, first, first - timedelta(days=1), show)

    def extend(self, show: ProgressCallback) -> None:
        """Add the nights since the last one that was collected."""
        summary = self.summary()
        with self._sandbox.simulated_time():
            self._run(summary.server_id, summary.first, summary.last, show)

    def summary(self) -> Summary:
        """Return what the demo holds. Raises Conflict when its server was removed."""
        with context.session(reading=True) as session:
            server_id = session.scalars(
                select(Server.id)
                .join(Server.account)
                .where(Account.name == seed_data.PARTNER)
                .order_by(Server.id)
            ).first()
            first, last, nights = session.execute(
                select(func.min(Collection.day), func.max(Collection.day), func.count()).where(
                    Collection.server_id == server_id,
                    Collection.kind == "scheduled",
                    Collection.state == "finished",
                )
            ).one()
            certificates = session.scalar(select(func.count()).select_from(Certificate))
        if server_id is None or first is None:
            raise Conflict("The demo has lost its server; begin again with --reset.")
        return Summary(server_id, first, last, nights, certificates or 0)

    def _run(self, server_id: int, begun: date, since: date, show: ProgressCallback) -> None:
        """Run the steps after the night of ``since``; events are part of the first run only."""
        last = self._last_day()
        events = plan.events(begun, last, self._calendar.holidays) if since < begun else {}
        steps = list(plan.steps(begun, since, last, self._calendar, self._now))
        for number, step in enumerate(steps, start=1):
            if isinstance(step, Night):
                show(number, len(steps), f"night of {step.day}")
                self._night(server_id, step, events.get(step.day))
            else:
                show(number, len(steps), f"{step.month} closes")
                self._close(step.month, step.moment)

    def _night(self, server_id: int, night: Night, event: Event | None) -> None:
        """Apply the day's event, advance to the night, and collect."""
        if event is not None:
            self._sandbox.apply(event)
        self._sandbox.set_time(night.moment)
        state = self._collect(server_id, night.day, night.moment)
        if state == "failed" and event is not None:
            self._send_notifications(night.moment)
            self._sandbox.recover()
            later = night.moment + _HEALTH_CHECK
            self._sandbox.set_time(later)
            state = self._collect(server_id, night.day, later)
        if state != "finished":
            raise Conflict(
                f"The night of {night.day} cannot be simulated: its collection is {state}."
            )
        self._send_notifications(night.moment)
        self._send_notifications(night.moment + _NOTICES_WAIT)

    def _send_notifications(self, moment: datetime) -> None:
        notifications.write(lambda: moment)
        notifications.send(lambda: moment)

    def _collect(self, server_id: int, day: date, moment: datetime) -> str:
        with context.session() as session:
            server = session.get_one(Server, server_id)
            night = requests.request(session, server, day=day, kind="scheduled", now=moment)
            session.commit()
        collecting.collect(night.id, now=lambda: moment)
        with context.session(reading=True) as session:
            return session.get_one(Collection, night.id).state

    def _close(self, month: Month, moment: datetime) -> None:
        with context.session(reading=True) as session:
            ids = [account.id for account in months.accounts_with_months(session)]
        for account_id in ids:
            # The worker closes later what cannot close yet; it retries every ten minutes.
            month_end.issue(account_id, month, now=lambda: moment)

    def _last_day(self) -> date:
        """Return the last day whose night has begun."""
        at = current_settings().collect_at
        night = self._now - timedelta(hours=at.hour, minutes=at.minute)
        return night.astimezone(self._calendar.zone).date() - timedelta(days=1)
