"""The reference run: the same fleet, printing and events without a fault, in this process."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from jobs.collection import collect
from jobs.month_end import grace
from tests.soak.fleet import Event, Fleet
from tests.soak.plan import Visit
from webapp.domain.months import Month
from webapp.models import Server
from webapp.queries import accounts
from webapp.services.certificates import months
from webapp.services.collection import requests, scheduling


def repeat(fleet: Fleet, visits: Sequence[Visit], events: Sequence[Event]) -> None:
    """Run all visits of the fleet without faults."""
    for visit in visits:
        fleet.printerpoint.set_time(visit.moment)
        now = visit.moment + timedelta(seconds=1)
        _night(fleet, now)
        _close_months(fleet, now)
        if visit.number == 0:
            fleet.begins()
        for event in events:
            if event.visit == visit.number:
                fleet.happens(event)
                if event.verb == "replace_printer":
                    _collect_now(fleet, event, now)


def _night(fleet: Fleet, now: datetime) -> None:
    with fleet.session() as session:
        due = [
            night.id
            for night in scheduling.due_scheduled_runs(session, now, fleet.config.collect_at)
        ]
        session.commit()
    for collection_id in due:
        with fleet.app.app_context():
            collect(collection_id, now=lambda: now)


def _collect_now(fleet: Fleet, event: Event, now: datetime) -> None:
    feed = fleet.feeds[fleet.machine(str(event.words[1])).company]
    with fleet.session() as session:
        server = session.get_one(Server, feed.server_id)
        day = requests.due_day(server.account, now)
        wanted = requests.request(session, server, day=day, kind="manual", now=now)
        session.commit()
    with fleet.app.app_context():
        collect(wanted.id, now=lambda: now)


def _close_months(fleet: Fleet, now: datetime) -> None:
    with fleet.session() as session:
        for account in accounts.with_feeds(session):
            last = Month.of(now.astimezone(account.zone).date()).previous()
            for month in months.open_months(session, account, last):
                if months.reason_to_keep_open(session, account, month, now, grace(fleet.config)):
                    break
                months.close(session, account, month, now, fleet.config.project)
        session.commit()
