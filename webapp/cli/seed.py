"""``releaf demo``: fill an instance with a year of data, through the services and the jobs."""

import hashlib
import secrets
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
import msgspec
from cryptography.fernet import Fernet
from flask.cli import with_appcontext
from sqlalchemy import func, select

from jobs import collection as collecting
from jobs import health, month_end, notifications
from webapp import clock
from webapp.cli import context, output, seed_data
from webapp.cli.command import Command
from webapp.crypto import DecryptionError, Keyring
from webapp.db import db
from webapp.domain.calendar import days_of_gap
from webapp.errors import Conflict
from webapp.extensions import current_keyring, current_settings
from webapp.models import Account, Certificate, Collection, User
from webapp.printerpoint.sandbox.remote import run_command
from webapp.queries import servers as server_queries
from webapp.services import database
from webapp.services.accounts import accounts, users
from webapp.services.accounts.calendars import PublicHolidays
from webapp.services.collection import scheduling
from webapp.services.feeds import feeds
from webapp.services.servers import clients, servers
from webapp.setting_values import SettingsError, is_loopback
from webapp.settings import Settings

_ROLES = {
    "operations": "operations",
    "partner_admin": "partner administrator",
    "partner_viewer": "partner viewer",
    "customer": "customer",
}
_ZONE = ZoneInfo(seed_data.TIME_ZONE)
#: From a night to the health check, the month close and the emails of its morning.
_MORNING = timedelta(hours=7)
#: Of passwords: without letters and digits that look alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class SeedState(msgspec.Struct):
    """What a later start needs, in a file that only its owner may read.

    ``database``: a digest of the URL of the seeded one, since it may hold a password.
    """

    database: str
    passwords: dict[str, str]
    seeded: bool = False


@click.command("demo", cls=Command)
@click.option("--reset", is_flag=True, help="Empty the database of the demo and fill it again.")
@click.option(
    "--months", type=click.IntRange(1, 36), default=12, show_default=True, help="Months of data."
)
@with_appcontext
def demo(reset: bool, months: int) -> None:
    """Fill an empty instance with a year of nights.

    For development only:

      make demo                         (starts everything and runs this)
      PRINTERPOINT_URL=http://127.0.0.1:8900/apis/v1 RELEAF_INSTANCE=instance/demo releaf demo

    It needs a running Printerpoint sandbox (python -m webapp.printerpoint.sandbox). The data ends
    yesterday, whatever the date; running it again adds the nights since.
    """
    config = current_settings()
    _refuse_production(config)
    path = config.instance / "demo.json"
    state = _prepare(config, path, reset)
    now = clock.now()
    with output.progress("Demo data") as show, context.quiet():
        if state.seeded:
            _simulate(_summary()["last_day"], {}, now, show)
        else:
            _save(path, state)
            _seed(state.passwords, months, now, show)
            state.seeded = True
            _save(path, state)
    _print(state.passwords, _summary())


def _prepare(config: Settings, path: Path, reset: bool) -> SeedState:
    """Return the saved or a new state; empty a database that has to be seeded again."""
    digest = hashlib.sha256(config.database_url.encode()).hexdigest()
    state = msgspec.json.decode(path.read_bytes(), type=SeedState) if path.exists() else None
    if state is None or state.database != digest:
        state = SeedState(digest, {person.email: _password() for person in seed_data.PEOPLE})
        with context.session(reading=True) as session:
            if session.scalar(select(Account.id).where(Account.kind == "partner").limit(1)):
                raise SettingsError(
                    "RELEAF_INSTANCE: its database has accounts that this demo did not create; "
                    "name an empty folder, or delete this one if it is a demo that was moved"
                )
    elif reset or not state.seeded:  # an interrupted one starts again
        _empty(config)
        state.seeded = False
    return state


def _refuse_production(config: Settings) -> None:
    if config.production:
        raise SettingsError("RELEAF_ENV: the demo is not for production; unset it")
    if not is_loopback(urlsplit(config.printerpoint_url).hostname):
        raise SettingsError(
            f"PRINTERPOINT_URL: {config.printerpoint_url} is not a sandbox; 'make demo' starts one"
        )


def _empty(config: Settings) -> None:
    """Drop the tables of Releaf, nothing else, and create the schema again."""
    with db.engine.begin() as connection:
        db.metadata.drop_all(connection)
        connection.exec_driver_sql("drop table if exists alembic_version")
    database.upgrade(config.database_url)


def _save(path: Path, state: SeedState) -> None:
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(state))


def _password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _seed(
    passwords: dict[str, str], months: int, now: datetime, show: output.ProgressCallback
) -> None:
    """Seed an empty database, with the events of the demo."""
    last = last_day(now, current_settings().collect_at)
    first = seed_data.first_day(last, months)
    begin = _at(first, time(9))
    _sandbox("set_time", moment=begin)
    _sandbox("load_fleet", dealers=msgspec.to_builtins(seed_data.DEALERS))
    with context.session() as session:
        accounts.add_partner(
            session,
            name=seed_data.PARTNER,
            time_zone=seed_data.TIME_ZONE,
            country=seed_data.COUNTRY,
            now=begin,
        )
        session.commit()
    _add_server(None, seed_data.TOKEN, current_keyring(), begin)
    _create_users(passwords, begin)
    events = seed_data.events(first, last, PublicHolidays(seed_data.COUNTRY))
    _simulate(first - timedelta(days=1), events, now, show)
    _add_server(seed_data.BRANCH_SERVER, seed_data.BRANCH_TOKEN, current_keyring(), now)
    _sandbox("remove_dealer", token=seed_data.BRANCH_TOKEN)
    _collect(now)
    lost = Keyring([Fernet.generate_key().decode()])
    _add_server(seed_data.LOST_KEY_SERVER, seed_data.LOST_KEY_TOKEN, lost, now)


def _add_server(name: str | None, token: str, keyring: Keyring, now: datetime) -> None:
    """Register a server of the partner, with a feed for each customer."""
    with clients.client(current_settings(), token).fleet() as fleet:
        customers = fleet.customers()
    with context.session() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        server = servers.register(session, keyring, partner, name=name, token=token, now=now)
        feeds.create_all_feeds(session, server, customers, now)
        session.commit()


def _create_users(passwords: dict[str, str], now: datetime) -> None:
    with context.session() as session:
        for person in seed_data.PEOPLE:
            user = session.scalar(select(User).where(User.email == person.email))
            if user is not None:  # the administrator invited when the database was created
                user.full_name = person.full_name
                token = users.invite_again(session, user, now)
            else:
                named = select(Account).where(Account.name == person.account)
                _, token = users.invite(
                    session,
                    session.scalar(named) or accounts.operations(session, now),
                    email=person.email,
                    full_name=person.full_name,
                    role=person.role,
                    now=now,
                )
            users.accept(session, token, passwords[person.email], now)
        session.commit()


def last_day(now: datetime, collect_at: time) -> date:
    """Return the last day whose night has begun."""
    night = now - timedelta(hours=collect_at.hour, minutes=collect_at.minute)
    return night.astimezone(_ZONE).date() - timedelta(days=1)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=_ZONE).astimezone(UTC)


def _simulate(
    since: date, events: seed_data.Events, now: datetime, show: output.ProgressCallback
) -> None:
    """Simulate the nights and mornings of the days after ``since`` until ``now``."""
    config = current_settings()
    days = days_of_gap(since, last_day(now, config.collect_at))
    try:
        for number, day in enumerate(days, start=1):
            show(number, len(days), f"night of {day}")
            if day in events:
                command, arguments = events[day]
                _sandbox(command, **arguments)
            after = day + timedelta(days=1)
            night = _at(after, config.collect_at)
            _sandbox("set_time", moment=night)
            _collect(night)
            _sandbox("recover")
            if night + _MORNING <= now:
                _sandbox("set_time", moment=night + _MORNING)
                _morning(night + _MORNING, closes_month=after.day == config.close_on)
    finally:
        _sandbox("follow_clock")


def _collect(moment: datetime) -> None:
    """Run the collections that are due, and send the emails about them."""
    with context.session() as session:
        due = scheduling.due_scheduled_runs(session, moment, current_settings().collect_at)
        ids = [collection.id for collection in due]
        session.commit()
    for collection_id in ids:
        with suppress(DecryptionError):
            collecting.collect(collection_id, now=lambda: moment)
    notifications.write(lambda: moment)
    notifications.send(lambda: moment)


def _morning(moment: datetime, closes_month: bool) -> None:
    """Resume servers that failed, and close a month. The worker renders its certificates later."""
    with context.session(reading=True) as session:
        ids = server_queries.registered(session)
    for server_id in ids:
        with suppress(DecryptionError):
            health.check(server_id, now=lambda: moment)
    _collect(moment)
    if closes_month:
        month_end.check_closed(month_end.close_months(lambda: moment)[1])


def _sandbox(command: str, **arguments: Any) -> None:
    run_command(current_settings().printerpoint_url, command, **arguments)


def _summary() -> dict[str, Any]:
    """Return the days of the first and last night, and counts. Raises Conflict without a night."""
    day = Collection.day
    nights = select(
        func.min(day).label("first_day"),
        func.max(day).label("last_day"),
        func.count(day.distinct()).label("nights"),
    ).where(Collection.kind == "scheduled", Collection.state == "finished")
    with context.session(reading=True) as session:
        row = session.execute(nights).mappings().one()
        certificates = session.scalar(select(func.count()).select_from(Certificate))
    if row["first_day"] is None:
        raise Conflict("The demo has lost its collections; begin again with --reset.")
    return {**row, "certificates": certificates}


def _print(passwords: dict[str, str], summary: dict[str, Any]) -> None:
    url = current_settings().public_url
    people = [
        msgspec.to_builtins(person) | {"password": passwords[person.email]}
        for person in seed_data.PEOPLE
    ]
    document = {"url": url, "logins": people, **summary, "spare_token": seed_data.SPARE_TOKEN}
    plain = [
        f"{seed_data.PARTNER}: {summary['nights']} nights from {summary['first_day']} "
        f"to {summary['last_day']}, {len(seed_data.CUSTOMERS)} customers, "
        f"{summary['certificates']} certificates.",
        f"Silent and recovered: {seed_data.CLINIC.name}. Silent now: {seed_data.WORKSHOP.name}.",
        f"Pages under review: {seed_data.HOSPITAL.name}. Token refused: {seed_data.BRANCH_SERVER}.",
        f"To register a server yourself, its token is {seed_data.SPARE_TOKEN}.",
        f"\n  {url}\n",
    ]
    for person in seed_data.PEOPLE:
        login = f"{person.email:<25}{passwords[person.email]:<22}{person.account or ''}"
        plain.append(f"  {_ROLES[person.role]:<23}{login.rstrip()}")
    output.print_result(document, "\n".join(plain))
