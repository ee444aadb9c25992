"""One trial: a fleet, the service under load, each fault in turn, and the verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from jobs.collection import collect
from tests import factories
from tests.outage.load import Load
from tests.outage.service import Service
from tests.soak.fleet import Fleet
from tests.soak.verdict import books_of
from webapp import clock, queue_status
from webapp.models import Collection, Server
from webapp.models.collection import UNFINISHED
from webapp.services.collection import requests

_UNDISTURBED_SECONDS = 10.0
#: The timetable resolves failed jobs every minute.
_RESOLVED_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a fault cost: seconds from its end to the recovery, and requests of users."""

    fault: str
    recovered_after: float
    requests: int
    failed: int
    failed_after: int
    failed_jobs: int


def read_all(fleet: Fleet, moment: datetime) -> None:
    """Read every server at a given time, in this process.

    Readings of one day count once, so what is printed during the trial is read a day later.
    """
    fleet.printerpoint.set_time(moment)
    with fleet.session() as session:
        wanted = [
            requests.request(
                session,
                one,
                day=requests.due_day(one.account, moment),
                kind="manual",
                now=moment,
            ).id
            for one in session.scalars(select(Server))
        ]
        session.commit()
    for collection_id in wanted:
        with fleet.app.app_context():
            collect(collection_id, now=lambda: moment)


class Trial:
    """The trial of a service with a fleet."""

    def __init__(self, fleet: Fleet, service: Service) -> None:
        self._fleet = fleet
        self._service = service

    def add_users(self) -> dict[int, str]:
        """Add an administrator for each server; return their email addresses."""
        with self._fleet.session() as session:
            users = {
                server.id: factories.user(session, server.account).email
                for server in session.scalars(select(Server))
            }
            session.commit()
        return users

    def suffer(self, name: str, fault: Callable[[], None], load: Load) -> Figures:
        """Let a fault happen, and measure what follows."""
        self._service.wait(_UNDISTURBED_SECONDS)
        sent, failed = load.requests, load.failed
        fault()
        ended = clock.now()
        recovered_after = self._service.wait_until(lambda: self._recovered(ended))
        during = load.failed - failed
        self._service.wait(_UNDISTURBED_SECONDS)
        return Figures(
            name,
            recovered_after,
            load.requests - sent,
            during,
            load.failed - failed - during,
            len(queue_status.failures(self._fleet.config, 1_000)),
        )

    def _recovered(self, ended: datetime) -> bool:
        """Whether what was requested before has ended, and something requested since too."""
        before = Collection.queued_at <= ended
        try:
            with self._fleet.session() as session:
                unfinished = session.scalar(
                    select(func.count()).where(before, Collection.state.in_(UNFINISHED))
                )
                finished = session.scalar(
                    select(func.count()).where(~before, Collection.state == "finished")
                )
        except DBAPIError:
            return False
        return not unfinished and bool(finished) and self._service.is_healthy()

    def wait_until_idle(self) -> None:
        """Return when no collection is queued or running."""
        self._service.wait_until(self._is_idle)

    def _is_idle(self) -> bool:
        with self._fleet.session() as session:
            query = select(func.count()).where(Collection.state.in_(UNFINISHED))
            return not session.scalar(query)

    def failed_jobs_left(self) -> int:
        """Return how many jobs stay failed, when those that are done have been resolved."""
        deadline = time.monotonic() + _RESOLVED_SECONDS
        while True:
            left = len(queue_status.failures(self._fleet.config, 1_000))
            if not left or time.monotonic() > deadline:
                return left
            self._service.wait(1)

    def pages(self) -> tuple[int, int]:
        """Return how many pages were printed, and by how many the counted ones differ."""
        printed, books = self._fleet.printed(), books_of(self._fleet)
        counted = {feed: books.deposited[feed] + books.held.get(feed, 0) for feed in printed}
        differing = sum(abs(counted[feed] - pages) for feed, pages in printed.items())
        return sum(printed.values()), differing + len(books.differences)
