"""``releaf demo``: data that is equally recent on any day, made through the services."""

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from tests.cli.conftest import Releaf, Result
from webapp.cli import seed, seed_data
from webapp.domain.calendar import is_business_day
from webapp.models import Delta, Deposit, User
from webapp.printerpoint.sandbox import Sandbox
from webapp.queries import metrics
from webapp.services.accounts import users
from webapp.services.accounts.calendars import PublicHolidays

pytestmark = pytest.mark.processes

HOLIDAYS = PublicHolidays("US")
DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(400)]


def test_the_data_begins_with_whole_months() -> None:
    for last in DAYS:
        first = seed_data.first_day(last, 1)
        of_a_year = seed_data.first_day(last, 12)

        assert (first + timedelta(days=1)).day == (of_a_year + timedelta(days=1)).day == 1
        assert 45 <= (last - first).days <= 76
        assert 365 <= (last - of_a_year).days <= 397


def test_events_are_apart_and_on_business_days() -> None:
    for last in DAYS:
        first = seed_data.first_day(last, 1)
        days = seed_data.events(first, last, HOLIDAYS)

        assert len(days) == 6
        assert all(first + timedelta(days=7) < day <= last for day in days)
        assert all(is_business_day(day, HOLIDAYS) for day in days)


@pytest.mark.parametrize(
    ("hour", "expected"), [(time(4, 9), date(2026, 6, 1)), (time(4, 10), date(2026, 6, 2))]
)
def test_the_last_day_is_the_one_whose_night_has_begun(hour: time, expected: date) -> None:
    now = datetime.combine(date(2026, 6, 3), hour, tzinfo=UTC)

    assert seed.last_day(now, time(0, 10)) == expected


class Demo:
    """A demo on a simulated day: its sandbox and the commands have the same time."""

    def __init__(self, releaf: Releaf) -> None:
        self.releaf = releaf
        self.now = datetime(2027, 3, 1, 15, tzinfo=UTC)
        self.printerpoint = Sandbox(now=lambda: self.now)

    def run(self, *options: str) -> Result:
        """Run ``releaf demo --json`` now."""
        self.releaf.set_time(f"{self.now:%Y-%m-%d %H:%M:%S}")
        return self.releaf.process("demo", "--months", "1", *options, "--json")

    def run_successfully(self, *options: str) -> Any:
        """Run ``releaf demo --json`` now, which must succeed; returns its document."""
        result = self.run(*options)
        assert result.code == 0, result
        return result.json


@pytest.fixture
def demo(releaf: Releaf, faketime_library: Path) -> Iterator[Demo]:
    """Monday, March 1, 2027, ten in the morning in New York: February has not closed yet."""
    releaf.faketime = faketime_library
    demo = Demo(releaf)
    with demo.printerpoint:
        releaf.surroundings["PRINTERPOINT_URL"] = demo.printerpoint.url
        yield demo


def test_the_demo_is_seeded_and_extended_until_it_is_reset(demo: Demo) -> None:
    # One test, because seeding takes as long as a hundred other tests.
    releaf = demo.releaf
    releaf.made("database", "upgrade")  # as make demo does; its administrator is taken over

    seeded = demo.run_successfully()

    assert (seeded["first_day"], seeded["last_day"]) == ("2026-12-31", "2027-02-28")
    assert (seeded["nights"], seeded["certificates"]) == (60, 8)
    _the_logins_work(releaf, seeded["logins"])
    feeds = {row["customer_name"]: row for row in releaf.made("list", "feeds")}
    assert {name for name, row in feeds.items() if row["health"] == "unhealthy"} == {
        "Ironbridge Machine Works"
    }
    changes = releaf.made("list", "health-changes")
    assert [row["after"] for row in changes if row["name"] == "Cascade Veterinary Clinic"] == [
        "healthy",
        "unhealthy",
        "healthy",
    ]
    assert [row["after"] for row in changes if row["name"] == "Printerpoint"] == [
        "unhealthy",
        "healthy",
    ]
    states = {row["name"]: row["health"] for row in releaf.made("list", "servers")}
    assert states == {
        "Printerpoint": "healthy",
        seed_data.BRANCH_SERVER: "unhealthy",
        seed_data.LOST_KEY_SERVER: "healthy",
    }
    _pages_are_those_that_were_printed(demo, feeds)
    _months_and_certificates_add_up(releaf)
    _six_days_are_recovered_and_one_delta_is_held(releaf, feeds)

    # On the same day nothing is added.
    addresses = {row["url"] for row in releaf.made("list", "certificates")}
    assert demo.run_successfully() == seeded
    assert {row["url"] for row in releaf.made("list", "certificates")} == addresses

    # Three days later: February has closed, and the nights since are added.
    demo.now += timedelta(days=3)
    again = demo.run_successfully()

    assert again["logins"] == seeded["logins"]
    assert (again["nights"], again["last_day"]) == (63, "2027-03-03")
    assert again["certificates"] == 16
    assert addresses < {row["url"] for row in releaf.made("list", "certificates")}
    _months_and_certificates_add_up(releaf)
    assert len(releaf.made("list", "accounts")) == 12

    # A reset that is interrupted: the next run seeds everything again.
    demo.printerpoint.refuse()
    interrupted = demo.run("--reset")
    demo.printerpoint.recover()
    anew = demo.run_successfully()

    assert interrupted.code == 1
    assert "token" in interrupted.error[1]
    assert anew == again
    assert addresses.isdisjoint(row["url"] for row in releaf.made("list", "certificates"))
    assert len(releaf.made("list", "servers")) == 3
    _the_logins_work(releaf, anew["logins"])
    # The spare dealer's token is there to be tried.
    releaf.made("server", "add", "--account", seed_data.PARTNER, stdin=anew["spare_token"])
    assert len(releaf.made("server", "customers", "4")) == len(seed_data.SPARE_CUSTOMERS)


def _pages_are_those_that_were_printed(demo: Demo, feeds: dict[str, Any]) -> None:
    """Of customers whose printers stayed and whose agents report, to the page."""
    for customer in (
        seed_data.LAW_FIRM,
        seed_data.ARCHITECTS,
        seed_data.BAKERY,
        seed_data.CLINIC,
        seed_data.CREDIT_UNION,
    ):
        printed = sum(
            pages
            for day, pages in demo.printerpoint.pages_printed(customer.name).items()
            if date(2026, 12, 31) < day <= date(2027, 2, 28)
        )
        rows = demo.releaf.made("list", "deposits", "--feed", feeds[customer.name]["id"])
        assert sum(row["pages"] for row in rows) == printed > 0


def _months_and_certificates_add_up(releaf: Releaf) -> None:
    certified = sum(row["pages"] for row in releaf.made("list", "certificates"))
    rows = releaf.made("list", "deposits")
    closed = {row["month"] for row in releaf.made("list", "certificates")}
    still_open = sum(row["pages"] for row in rows if row["counted_in"] not in closed)
    assert certified + still_open == sum(row["pages"] for row in rows)


def _six_days_are_recovered_and_one_delta_is_held(releaf: Releaf, feeds: dict[str, Any]) -> None:
    with releaf.session() as session:
        first, last = date(2027, 1, 1), date(2027, 2, 28)
        clinic = [feeds["Cascade Veterinary Clinic"]["id"]]
        days = metrics.days_of_feeds(session, clinic, first, last)
        assert sum(day.recovered for day in days) == 6
        assert session.scalars(select(Delta.feed_id).where(Delta.state == "held")).all() == [
            feeds["St. Brigid's Hospital"]["id"]
        ]
        assert len(session.scalars(select(Deposit.day)).all()) > 300


def _the_logins_work(releaf: Releaf, logins: list[dict[str, str]]) -> None:
    with releaf.session() as session:
        for login in logins:
            (user,) = users.authenticate(session, login["email"], login["password"])
            assert user.role == login["role"]
        assert session.scalar(select(func.count()).select_from(User)) == len(logins) == 4
    memory = Path(releaf.surroundings["RELEAF_INSTANCE"]) / "demo.json"
    assert memory.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PRINTERPOINT_URL", "https://printerpoint.com/apis/v1", "is not a sandbox"),
        ("RELEAF_ENV", "production", "RELEAF_ENV: the demo is not for production"),
    ],
)
def test_the_demo_does_not_change_real_data(
    releaf: Releaf, variable: str, value: str, words: str
) -> None:
    instance = Path(releaf.surroundings["RELEAF_INSTANCE"])
    releaf.surroundings |= {
        "DATABASE_URL": f"sqlite:///{instance / 'releaf.db'}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "PRINTERPOINT_URL": "https://printerpoint.com/apis/v1",
        "MAIL_URL": "mailbox:",
        "MAIL_FROM": "Releaf <releaf@example.com>",
    }
    releaf.surroundings[variable] = value

    result = releaf("demo", "--json")

    assert result.code == 2
    assert result.error[0] == variable
    assert words in result.error[1]


def test_the_demo_does_not_change_other_accounts(releaf: Releaf) -> None:
    releaf.made("account", "add", "Southwind")

    result = releaf("demo", "--reset", "--json")

    assert (result.code, result.error[0]) == (2, "RELEAF_INSTANCE")
    assert [row["name"] for row in releaf.made("list", "accounts")] == ["Southwind"]


def test_without_a_sandbox_the_demo_shows_how_to_start_one(releaf: Releaf) -> None:
    releaf.surroundings["PRINTERPOINT_URL"] = "http://127.0.0.1:9/apis/v1"

    result = releaf("demo", "--json")

    assert result.code == 1
    assert "make demo" in result.error[1]
