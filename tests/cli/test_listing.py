"""``releaf list``: keys, filters, order."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests import factories
from tests.cli.conftest import Releaf
from tests.database import engine
from webapp import settings as configuration
from webapp.models import Feed

KEYS = {
    "accounts": "id kind name partner time_zone country",
    "servers": "id account health health_checked_at health_changed_at",
    "feeds": "id server account customer_id customer_name status health heard_on read_by_hand "
    "successor_id successor_name",
    "devices": "feed customer_name asset_id serial_number initial_count latest_count life_count",
    "deposits": "feed customer_name account day pages counted_in kind",
    "certificates": "number account month pages trees project issued_on url",
    "health-changes": "id at server feed account before after reason",
}

BOTH = pytest.mark.parametrize("two_partners", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def two_partners(request: pytest.FixtureRequest, releaf: Releaf) -> Iterator[Releaf]:
    """Northwind (1) with Harbour (2, feed 1), Southwind (3) with the Bakery (4, feed 2)."""
    if getattr(request, "param", "sqlite") == "postgresql":
        releaf.surroundings["DATABASE_URL"] = str(request.getfixturevalue("postgresql_database"))
    with releaf.session() as session:
        for partner_name, zone, name in (
            ("Northwind", "America/New_York", "Harbour"),
            ("Southwind", "Asia/Tokyo", "Bakery"),
        ):
            partner = factories.partner(session, name=partner_name, time_zone=zone)
            account = factories.customer(session, partner, name=name)
            server = factories.server(session, partner)
            feed = factories.feed(session, server, account, customer_name=name)
            factories.device(session, feed, asset_id="", latest_on=date(2026, 10, 30))
            factories.deposit(session, feed, day=date(2026, 10, 30), pages=70)
            factories.deposit(session, feed, day=date(2026, 10, 31), pages=8, counted_in="2026-11")
            factories.certificate(session, account, month="2026-10", pages=1_234)
            # Midnight in New York is five hours after, in Tokyo nine hours before that of UTC.
            factories.health_change(session, server, at=datetime(2026, 11, 1, 3, tzinfo=UTC))
            factories.health_change(session, feed, at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    yield releaf
    engine(configuration.load(releaf.surroundings).database_url).dispose()


def test_a_list_of_nothing_is_empty(releaf: Releaf) -> None:
    for noun in KEYS:
        assert releaf.made("list", noun) == []
        assert releaf("list", noun).out == f"No {noun.replace('-', ' ')}.\n"


@BOTH
def test_rows_have_the_keys_that_scripts_rely_on(two_partners: Releaf) -> None:
    for noun in KEYS:
        rows = two_partners.made("list", noun)

        assert rows
        assert set(KEYS[noun].split()) <= set(rows[0])
        assert all(key == key.lower() and " " not in key for key in rows[0])


@BOTH
def test_a_list_is_one_query_of_any_length(two_partners: Releaf) -> None:
    statements: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().lower().startswith("select"):
            statements.append(statement)

    two_partners.made("list", "accounts")
    event.listen(Engine, "before_cursor_execute", record)
    try:
        for noun in KEYS:
            statements.clear()
            assert len(two_partners.made("list", noun)) >= 2
            assert len(statements) == 1, noun
    finally:
        event.remove(Engine, "before_cursor_execute", record)


@BOTH
def test_a_partner_is_listed_with_its_customers_only(two_partners: Releaf) -> None:
    for noun in KEYS:
        everything = two_partners.made("list", noun)
        northwind = two_partners.made("list", noun, "--account", "Northwind")
        southwind = two_partners.made("list", noun, "--account", "3")

        assert 0 < len(northwind) < len(everything)
        assert sorted(northwind + southwind, key=str) == sorted(everything, key=str)


@BOTH
def test_a_feed_is_listed_alone(two_partners: Releaf) -> None:
    for noun in KEYS:
        rows = two_partners.made("list", noun, "--feed", "Bakery")

        whose: dict[str, Callable[[Any], Any]] = {
            "accounts": lambda row: row["id"] == 4,
            "servers": lambda row: row["id"] == 2,
            "feeds": lambda row: row["id"] == 2,
            "certificates": lambda row: row["account"] == 4,
        }
        assert rows
        assert all(whose.get(noun, lambda row: row["feed"] == 2)(row) for row in rows)


@BOTH
def test_deposits_of_a_month_are_those_counted_in_it(two_partners: Releaf) -> None:
    october = two_partners.made("list", "deposits", "--month", "2026-10")
    november = two_partners.made("list", "deposits", "--month", "2026-11", "--feed", "1")

    assert [(row["feed"], row["day"], row["pages"]) for row in october] == [
        (1, "2026-10-30", 70),
        (2, "2026-10-30", 70),
    ]
    assert [(row["day"], row["pages"], row["counted_in"]) for row in november] == [
        ("2026-10-31", 8, "2026-11")
    ]


@BOTH
def test_deposits_are_limited_by_their_days(two_partners: Releaf) -> None:
    rows = two_partners.made(
        "list", "deposits", "--from", "2026-10-31", "--to", "2026-10-31", "--feed", "1"
    )

    assert [row["pages"] for row in rows] == [8]


@BOTH
def test_changes_belong_to_the_day_of_their_account(two_partners: Releaf) -> None:
    october = two_partners.made("list", "health-changes", "--to", "2026-10-31")
    november = two_partners.made("list", "health-changes", "--month", "2026-11")

    assert [(row["server"], row["feed"], row["at"]) for row in october] == [
        (1, None, "2026-11-01T03:00:00Z")
    ]
    assert [(row["server"], row["feed"]) for row in november] == [
        (2, None),
        (None, 1),
        (None, 2),
    ]


def test_certificates_have_decimals_as_text_and_a_public_address(two_partners: Releaf) -> None:
    rows = two_partners.made("list", "certificates", "--month", "2026-10", "--account", "Harbour")

    (row,) = rows
    assert (row["pages"], row["trees"], row["account_name"]) == (1_234, "0.15", "Harbour")
    assert row["url"].startswith("https://trees.example.com/c/")
    assert "public_id" not in row
    assert two_partners.made("list", "certificates", "--month", "2026-09") == []


def test_a_blank_asset_id_is_null(two_partners: Releaf) -> None:
    row = two_partners.made("list", "devices")[0]

    assert row["asset_id"] is None
    assert row["life_count"] == row["latest_count"] - row["initial_count"]


def test_a_table_is_aligned_for_people(two_partners: Releaf) -> None:
    lines = two_partners("list", "deposits", "--feed", "1").out.splitlines()

    assert lines == [
        "feed  customer name  day         pages  counted in  kind",
        "   1  Harbour        2026-10-30     70  2026-10     pages",
        "   1  Harbour        2026-10-31      8  2026-11     pages",
    ]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--from", "31.10.2026"], "from"),
        (["--to", "20261031"], "to"),
        (["--from", "2026-10-31", "--to", "2026-10-30"], "to"),
        (["--month", "2026"], "month"),
        (["--month", "9999-12"], "month"),
        (["--to", "9999-12-31"], "to"),
        (["--account", "Nobody"], "account"),
        (["--feed", "99999999999999999999"], "feed"),
    ],
)
def test_invalid_filters_are_refused_by_name(
    releaf: Releaf, options: list[str], field: str
) -> None:
    result = releaf("list", "deposits", *options, "--json")

    assert (result.code, result.error[0]) == (2, field)


def test_names_have_no_control_characters_in_tables(two_partners: Releaf) -> None:
    with two_partners.session() as session:
        session.get_one(Feed, 1).customer_name = "Harbour\x1b]0;owned\x07\nArchitects"

    result = two_partners("list", "feeds")

    assert "Harbour?]0;owned? Architects" in result.out
    assert two_partners.made("list", "feeds")[0]["customer_name"].startswith("Harbour\x1b")
