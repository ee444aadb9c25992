"""Where the demo is told: through the services and the jobs, by the clock of the story."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from jobs import collection as collecting
from jobs import month_end, notifications
from webapp.cli import context
from webapp.cli.demo import cast, opening, story
from webapp.cli.demo.field import Field
from webapp.cli.demo.logins import Memory
from webapp.cli.demo.story import Calendar, Event, Night
from webapp.cli.output import Progress
from webapp.domain.months import Month
from webapp.errors import Conflict
from webapp.extensions import current_settings
from webapp.models import Account, Certificate, Collection, Server
from webapp.services import months
from webapp.services.calendars import PublicHolidays
from webapp.services.collection import requests

_OPENING_HOUR = time(9)
_HEALTH_CHECK = timedelta(hours=1)
_NOTICES_WAIT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Told:
    """How far the story has come."""

    server_id: int
    first: date
    last: date
    nights: int
    certificates: int


class Stage:
    """A demo: its database, its sandbox, its calendar. ``now``: the present of the story."""

    def __init__(self, now: datetime) -> None:
        config = current_settings()
        self._now = now
        self._field = Field(config.printerpoint_url)
        self._calendar = Calendar(
            zone=ZoneInfo(cast.TIME_ZONE),
            holidays=PublicHolidays(cast.COUNTRY),
            collect_at=config.collect_at,
            close_on=config.close_on,
            close_at=config.close_at,
        )

    def tell(self, memory: Memory, show: Progress) -> None:
        """The whole story, in an empty database. Makes the passwords that ``memory`` lacks."""
        last = self._last_day()
        first = story.first_day(last)
        begin = self._calendar.at(first, _OPENING_HOUR)
        # Tokens of their own: a sandbox in which it was told before keeps the fleets of then.
        token = f"northwind-{secrets.token_hex(4)}"
        memory.spare_token = f"spare-{secrets.token_hex(4)}"
        with self._field.follows_story():
            self._field.set_time(begin)
            self._field.add_dealer(token, cast.CUSTOMERS)
            self._field.add_dealer(memory.spare_token, cast.SPARE_CUSTOMERS)
            server_id = opening.open_accounts(token, begin)
            opening.let_people_in(memory.passwords, begin)
            self._play(server_id, first, first - timedelta(days=1), show)

    def go_on(self, show: Progress) -> None:
        """The nights since the last one that was collected."""
        told = self.told()
        with self._field.follows_story():
            self._play(told.server_id, told.first, told.last, show)

    def told(self) -> Told:
        """How far the story has come."""
        with context.session(reading=True) as session:
            server_id = session.scalars(
                select(Server.id)
                .join(Server.account)
                .where(Account.name == cast.PARTNER)
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
        return Told(server_id, first, last, nights, certificates or 0)

    def _play(self, server_id: int, begun: date, since: date, show: Progress) -> None:
        """The scenes after the night of ``since``; the events are those of the first telling."""
        last = self._last_day()
        happens = story.events(begun, last, self._calendar.holidays) if since < begun else {}
        scenes = list(story.scenes(begun, since, last, self._calendar, self._now))
        for number, scene in enumerate(scenes, start=1):
            if isinstance(scene, Night):
                show(number, len(scenes), f"night of {scene.day}")
                self._night(server_id, scene, happens.get(scene.day))
            else:
                show(number, len(scenes), f"{scene.month} closes")
                self._close(scene.month, scene.moment)

    def _night(self, server_id: int, night: Night, event: Event | None) -> None:
        """The day's event, the day itself, and its collection."""
        if event is not None:
            self._field.happens(event)
        self._field.set_time(night.moment)
        state = self._collect(server_id, night.day, night.moment)
        if state == "failed" and event is not None:
            self._tell_people(night.moment)
            self._field.recover()
            later = night.moment + _HEALTH_CHECK
            self._field.set_time(later)
            state = self._collect(server_id, night.day, later)
        if state != "finished":
            raise Conflict(f"The night of {night.day} cannot be told: its collection {state}.")
        self._tell_people(night.moment)
        self._tell_people(night.moment + _NOTICES_WAIT)

    def _tell_people(self, moment: datetime) -> None:
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
            # One that has to wait waits for the worker, which asks again every ten minutes.
            month_end.issue(account_id, month, now=lambda: moment)

    def _last_day(self) -> date:
        """The last day whose night has come."""
        at = current_settings().collect_at
        night = self._now - timedelta(hours=at.hour, minutes=at.minute)
        return night.astimezone(self._calendar.zone).date() - timedelta(days=1)
