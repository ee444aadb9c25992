"""The audit trail: every act is in it, and everybody sees their own."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp.models import Account, AuditEntry, User

LogIn = Callable[[User | str], Visitor]


def trail(transaction: Transaction) -> list[tuple[str, str]]:
    """What was noted, and of what; log-ins left out."""
    with transaction() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [
            (entry.action, entry.subject) for entry in entries if entry.action != "user logged in"
        ]


@pytest.fixture
def ids(transaction: Transaction) -> dict[str, int]:
    """A partner with one of everything, and operations."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        other = factories.user(session, partner, email="vic@example.com", role="partner_viewer")
        gone = factories.user(session, partner, email="gus@example.com", disabled_at=NOW)
        factories.user(session, factories.operations(session), email="ops@example.com")
        server = factories.server(session, partner, name="Main login")
        feed = factories.feed(session, server, customer_name="Clinic")
        return {
            "server": server.id,
            "feed": feed.id,
            "user": other.id,
            "disabled": gone.id,
            "partner": partner.id,
            "customer": feed.account_id,
        }


@pytest.mark.parametrize(
    ("path", "fields", "noted"),
    [
        ("/feeds/{feed}/deactivate", {}, ("feed deactivated", "Clinic")),
        ("/feeds/{feed}/remove", {}, ("feed removed", "Clinic")),
        ("/feeds/{feed}/collect", {}, ("collection requested", "Clinic")),
        ("/servers/{server}/name", {"name": "Second"}, ("server renamed", "Second")),
        ("/servers/{server}/remove", {}, ("server removed", "Main login")),
        ("/users/{user}/disable", {}, ("user disabled", "vic@example.com")),
        ("/users/{user}/invite", {}, ("user invited", "vic@example.com")),
        ("/users/{disabled}/enable", {}, ("user enabled", "gus@example.com")),
        ("/accounts/new", {"name": "Bakery", "country": ""}, ("account added", "Bakery")),
        (
            "/accounts/{customer}/edit",
            {"name": "Bakery", "country": ""},
            ("account changed", "Bakery"),
        ),
    ],
)
def test_every_action_is_audited(
    ids: dict[str, int],
    log_in: LogIn,
    transaction: Transaction,
    path: str,
    fields: dict[str, str],
    noted: tuple[str, str],
) -> None:
    log_in("nora@example.com").post(path.format(**ids), fields)

    assert trail(transaction) == [noted]
    with transaction() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.account_id, entry.place) == (ids["partner"], "browser")
        assert entry.user is not None
        assert entry.user.email == "nora@example.com"


def test_refused_actions_are_not_audited(
    ids: dict[str, int], log_in: LogIn, transaction: Transaction
) -> None:
    log_in("nora@example.com").post("/accounts/new", {"name": ""})
    log_in("vic@example.com").post(f"/feeds/{ids['feed']}/remove")

    assert trail(transaction) == []


def entries(transaction: Transaction) -> list[AuditEntry]:
    """The whole trail."""
    with transaction() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_log_ins_refused_log_ins_and_log_outs_are_audited(
    ids: dict[str, int], visitor: Visitor, transaction: Transaction
) -> None:
    visitor.log_in("Nora@example.com", "not the password")
    visitor.log_in("nora@example.com")
    visitor.post("/confirm", {"password": "wrong again"})
    visitor.post("/password", {"old": "wrong", "new": "a new phrase", "again": "a new phrase"})
    visitor.post("/logout")
    visitor.log_in("nora@example.com")
    visitor.post("/profile/log-out-everywhere")

    found = entries(transaction)
    assert [entry.action for entry in found] == [
        "user log-in refused",
        "user logged in",
        "password refused",
        "password refused",
        "user logged out",
        "user logged in",
        "user logged out everywhere",
    ]
    assert {(entry.subject, entry.account_id, entry.place) for entry in found} == {
        ("nora@example.com", ids["partner"], "browser")
    }
    assert [entry.user_id is None for entry in found] == [True] + [False] * 6


def test_a_refused_log_in_without_a_user_records_nothing_that_was_typed(
    ids: dict[str, int], visitor: Visitor, log_in: LogIn, transaction: Transaction
) -> None:
    visitor.log_in("correct horse battery staple", "the other field")

    (entry,) = entries(transaction)
    assert (entry.action, entry.subject, entry.account_id) == ("user log-in refused", "", None)
    page = log_in("ops@example.com").get("/audit")
    assert "no user has this email" in page.text
    assert "Not logged in" in page.text
    assert "battery staple" not in page.text
    partners = log_in("nora@example.com").get("/audit").text
    assert "no user has this email" not in partners


@pytest.mark.slow  # some 30 requests
def test_refused_log_ins_without_a_user_do_not_fill_the_trail(
    ids: dict[str, int], visitor: Visitor, transaction: Transaction
) -> None:
    for number in range(35):
        visitor.log_in(f"nobody{number}@example.com")

    assert len(entries(transaction)) == 30


@pytest.mark.slow  # some 30 requests
def test_an_exceeded_limit_is_audited_once(
    ids: dict[str, int], own_app: Flask, transaction: Transaction
) -> None:
    attacker = Visitor(own_app.test_client())
    for _ in range(14):
        attacker.log_in("nora@example.com", "not the password")

    found = entries(transaction)
    assert [entry.action for entry in found] == ["user log-in refused"] * 10 + ["tries limited"]
    assert (found[-1].subject, found[-1].account_id) == ("nora@example.com", ids["partner"])
    assert "127.0.0.1" not in str([vars(entry) for entry in found])


def test_a_partner_sees_its_own_trail_and_operations_see_all(
    ids: dict[str, int], visitor: Visitor, log_in: LogIn, transaction: Transaction
) -> None:
    with transaction() as session:
        other_partner = factories.partner(session, name="Westerly")
        factories.user(session, other_partner, email="wes@example.com")
    ops = log_in("ops@example.com")
    ops.post(f"/feeds/{ids['feed']}/deactivate")
    nora, wes = log_in("nora@example.com"), log_in("wes@example.com")
    visitor.log_in("wes@example.com")  # to be in the trail

    own = nora.get("/audit").text
    theirs = wes.get("/audit").text
    everything = ops.get("/audit").text
    found = ops.get("/audit?q=clinic").text
    chosen = ops.get("/audit?state=feed-removed").text

    assert "Feed deactivated" in own
    assert "Operations" in own
    assert "ops@example.com" not in own
    assert "Clinic" not in theirs
    assert "Northwind Print" in everything
    assert "wes@example.com" in everything
    assert "Clinic" in found
    assert "wes@example.com" not in found
    assert "No entry matches" in chosen


def test_the_trail_has_no_network_address() -> None:
    assert "address" not in AuditEntry.__table__.columns
    assert "ip" not in AuditEntry.__table__.columns


@pytest.mark.slow
def test_a_long_trail_is_paginated_without_a_full_count(
    ids: dict[str, int], log_in: LogIn, transaction: Transaction
) -> None:
    nora = log_in("nora@example.com")
    with transaction() as session:
        session.execute(delete(AuditEntry))
        entry = {"place": "browser", "action": "feeds connected", "details": {}, "at": NOW}
        entry["account_id"] = ids["partner"]
        rows = [{**entry, "subject": f"Feed {number:04}"} for number in range(1_060)]
        session.execute(insert(AuditEntry), rows)

    numbers = (1, 20, 21, 22, 99, 10**30)
    pages = {number: nora.get(f"/audit?page={number}").text for number in numbers}

    shown = {number: re.findall(r"Feed \d{4}", page) for number, page in pages.items()}
    assert [len(shown[number]) for number in (1, 20, 21, 22)] == [50, 50, 50, 10]
    assert all("More than 1,000 entries" in page for page in pages.values())
    assert 'rel="next"' in pages[1]
    assert 'rel="next"' in pages[20]
    assert 'rel="next"' in pages[21]
    assert 'rel="next"' not in pages[22]
    assert shown[99] == shown[10**30] == shown[20]


@pytest.fixture
def days(ids: dict[str, int], transaction: Transaction) -> dict[str, int]:
    """Entries of users and days: the partner's zone is five hours behind UTC."""
    with transaction() as session:
        users = {user.email: user.id for user in session.scalars(select(User))}
        partner = session.get_one(Account, ids["partner"])
        partner.time_zone = "America/New_York"
        for subject, email, at in (
            ("early", "nora@example.com", datetime(2026, 11, 2, 4, 59, tzinfo=UTC)),
            ("first", "nora@example.com", datetime(2026, 11, 2, 5, tzinfo=UTC)),
            ("last", "vic@example.com", datetime(2026, 11, 4, 4, 59, tzinfo=UTC)),
            ("late", "vic@example.com", datetime(2026, 11, 4, 5, tzinfo=UTC)),
            ("foreign", "ops@example.com", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ):
            account_id = None if subject == "foreign" else partner.id
            entry = {"place": "browser", "action": "feed removed", "details": {}}
            row = {"at": at, "user_id": users[email], "account_id": account_id, "subject": subject}
            session.add(AuditEntry(**row, **entry))
    return users


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("from=2026-11-02&to=2026-11-03", {"first", "last"}),
        ("from=2026-11-04", {"late"}),
        ("to=2026-11-01", {"early"}),
        ("from=2026-11-02&user={vic}", {"last", "late"}),
        ("user={ops}", set()),
        ("user=999999", set()),
        ("from=2026-02-30&to=x&user=-1", {"early", "first", "last", "late"}),
        ("from=0001-01-01&to=9999-12-31", {"early", "first", "last", "late"}),
    ],
)
def test_entries_are_filtered_by_days_of_the_viewer_and_by_user(
    log_in: LogIn, days: dict[str, int], query: str, subjects: set[str]
) -> None:
    numbers = {email.partition("@")[0]: number for email, number in days.items()}
    nora = log_in("nora@example.com")

    page = nora.get(f"/audit?{query.format(**numbers)}")
    exported = nora.get(f"/audit?{query.format(**numbers)}&export=csv").text

    assert page.status_code == 200
    found = re.findall(r">(early|first|last|late|foreign)</td>", page.text)
    assert set(found) == subjects
    assert {each for each in ("early", "first", "last", "late") if each in exported} == subjects


@pytest.mark.usefixtures("days")
def test_the_zone_of_times_is_named_once_and_users_of_others_are_not_offered(
    log_in: LogIn,
) -> None:
    page = log_in("nora@example.com").get("/audit").text

    assert page.count("Eastern Time") == 1
    assert "Nov 1, 2026, 11:59 PM<" in page
    assert page.count("Nora North</option>") == 1
    assert "ops@example.com" not in page


@pytest.mark.usefixtures("ids")
def test_actions_are_offered_in_the_order_of_their_labels(log_in: LogIn) -> None:
    page = log_in("ops@example.com").get("/audit").text
    select = page[page.index('id="state"') : page.index("</select>", page.index('id="state"'))]
    labels = re.findall(r'<option value="[^"]+">([^<]+)</option>', select)

    assert len(labels) > 10
    assert labels == sorted(labels, key=str.casefold)
