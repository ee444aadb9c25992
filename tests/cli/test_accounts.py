"""``releaf account`` and ``releaf user``."""

import re
from urllib.parse import urlsplit

from sqlalchemy import select

from tests.cli.conftest import Releaf
from webapp.models import AuditEntry


def test_a_partner_and_its_customer_are_created(releaf: Releaf) -> None:
    zone = ("--time-zone", "Europe/Berlin")
    partner = releaf.made("account", "add", "Northwind", *zone, "--region", "ca")
    customer = releaf.made("account", "add", "Rosie's Bakery", "--partner", "Northwind")

    with releaf.session() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        noted = [(entry.action, entry.place, entry.account_id) for entry in entries]
    assert noted == [("account added", "command", 1)] * 2
    assert partner | {"created_at": None} == {
        "id": 1,
        "kind": "partner",
        "name": "Northwind",
        "partner": None,
        "time_zone": "Europe/Berlin",
        "country": "US",
        "region": "CA",
        "minimum_pages": None,
        "created_at": None,
    }
    assert (customer["kind"], customer["partner"], customer["time_zone"]) == (
        "customer",
        1,
        "Europe/Berlin",
    )


def test_values_without_an_option_are_unchanged(releaf: Releaf) -> None:
    releaf.made("account", "add", "Northwind", "--time-zone", "Europe/Berlin", "--region", "ca")

    zone = releaf.made("account", "edit", "Northwind", "--time-zone", "America/New_York")
    name = releaf.made("account", "edit", 1, "--name", "Northwind Print")
    country = releaf.made("account", "edit", 1, "--country", "de")
    releaf.made("account", "edit", 1, "--country", "de", "--name", "Northwind Print")

    assert (zone["time_zone"], zone["country"], zone["region"]) == ("America/New_York", "US", "CA")
    assert (name["name"], name["time_zone"], name["region"]) == (
        "Northwind Print",
        "America/New_York",
        "CA",
    )
    # A region is one of its country: another country ends it.
    assert (country["country"], country["region"]) == ("DE", None)
    with releaf.session() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions.count("account changed") == 3


def test_a_customer_is_reset_to_its_partners_country(releaf: Releaf) -> None:
    releaf.made("account", "add", "Northwind")
    releaf.made("account", "add", "Bakery", "--partner", "1", "--country", "CA", "--region", "QC")

    region = releaf.made("account", "edit", "Bakery", "--region", "")
    country = releaf.made("account", "edit", "Bakery", "--country", "")

    assert (region["country"], region["region"]) == ("CA", None)
    assert country["country"] == "US"


def test_a_wrong_value_or_none_changes_nothing(releaf: Releaf) -> None:
    releaf.made("account", "add", "Northwind")
    releaf.made("account", "add", "Bakery", "--partner", "1")

    results = {
        field: releaf("account", "edit", "Bakery", f"--{field.replace('_', '-')}", value, "--json")
        for field, value in (("time_zone", "UTC"), ("country", "XX"), ("region", "CA"))
    }
    nothing = releaf("account", "edit", "Bakery", "--json")
    nobody = releaf("account", "edit", "Nobody", "--name", "Somebody", "--json")

    assert {field: (one.code, one.error[0]) for field, one in results.items()} == {
        field: (2, field) for field in results
    }
    assert (nothing.code, nobody.code) == (2, 2)


def test_the_id_is_printed_for_people_as_well(releaf: Releaf) -> None:
    result = releaf("account", "add", "Northwind")

    assert (result.code, result.out) == (0, "partner 1: Northwind\n")


def test_a_zone_that_does_not_exist_names_the_option(releaf: Releaf) -> None:
    result = releaf("account", "add", "Northwind", "--time-zone", "Mars/Olympus", "--json")

    assert result.code == 2
    assert result.error[0] == "time_zone"
    assert "Invalid value for '--time-zone': 'Mars/Olympus' is not a time zone" in result.err
    assert releaf.made("list", "accounts") == []


def test_a_name_in_use_is_refused(releaf: Releaf) -> None:
    releaf.made("account", "add", "Northwind")

    result = releaf("account", "add", "Northwind", "--json")

    assert (result.code, result.error[0]) == (2, "name")


def test_a_customer_has_no_zone_of_its_own(releaf: Releaf) -> None:
    releaf.made("account", "add", "Northwind")

    result = releaf("account", "add", "Bakery", "--partner", "1", "--time-zone", "UTC", "--json")

    assert (result.code, result.error[0]) == (2, "time_zone")


def test_a_partner_that_does_not_exist_is_refused(releaf: Releaf) -> None:
    result = releaf("account", "add", "Bakery", "--partner", "7", "--json")

    assert (result.code, result.error) == (
        2,
        (
            "partner",
            "There is no partner account '7'. Give its id, as 'releaf list accounts' shows it.",
        ),
    )


def test_a_name_that_two_accounts_share_requires_the_id(releaf: Releaf) -> None:
    for partner in ("Northwind", "Southwind"):
        releaf.made("account", "add", partner)
        releaf.made("account", "add", "Rosie's Bakery", "--partner", partner)

    result = releaf("list", "feeds", "--account", "Rosie's Bakery", "--json")

    assert result.code == 2
    assert result.error == (
        "account",
        '"Rosie\'s Bakery" names more than one account. Give one of the ids 2, 4.',
    )


def test_an_id_takes_precedence_over_a_name_of_digits(releaf: Releaf) -> None:
    releaf.made("account", "add", "2")
    releaf.made("account", "add", "Northwind")

    assert [row["id"] for row in releaf.made("list", "accounts", "--account", "2")] == [2]


def test_a_user_is_invited_by_a_one_time_link(releaf: Releaf) -> None:
    releaf.made("account", "add", "Northwind")

    user = releaf.made(
        "user", "add", "--account", "1", "--email", "Ada@Example.com", "--name", "Ada Byron",
        "--role", "partner_admin",
    )  # fmt: skip

    link = urlsplit(user.pop("link"))
    assert user == {
        "id": 1,
        "email": "ada@example.com",
        "full_name": "Ada Byron",
        "role": "partner_admin",
        "account": 1,
    }
    assert link.netloc == "trees.example.com"
    assert re.fullmatch(r"/invitations/[\w-]{43}", link.path)


def test_a_user_of_operations_requires_no_account(releaf: Releaf) -> None:
    user = releaf.made(
        "user", "add", "--email", "o@example.com", "--name", "Olive Marsh", "--role", "operations"
    )

    (account,) = releaf.made("list", "accounts")
    assert (account["kind"], account["id"]) == ("operations", user["account"])


def test_a_user_of_a_partner_needs_the_account(releaf: Releaf) -> None:
    result = releaf(
        "user", "add", "--email", "a@example.com", "--name", "Ada", "--role", "customer", "--json"
    )

    assert (result.code, result.error[0]) == (2, "account")


def test_a_role_goes_with_the_kind_of_account(releaf: Releaf) -> None:
    releaf.made("account", "add", "Northwind")

    result = releaf(
        "user", "add", "--account", "Northwind", "--email", "a@example.com", "--name", "Ada",
        "--role", "customer", "--json",
    )  # fmt: skip

    assert result.code == 2
    assert "There is no customer account 'Northwind'." in result.error[1]


def test_the_field_of_a_bad_name_is_named_as_its_option(releaf: Releaf) -> None:
    result = releaf(
        "user", "add", "--email", "o@example.com", "--name", " ", "--role", "operations"
    )

    assert result.code == 2
    assert result.err.endswith("Invalid value for '--name': Enter the user’s full name.\n")


def test_a_lost_link_is_replaced(releaf: Releaf) -> None:
    first = releaf.made(
        "user", "add", "--email", "o@example.com", "--name", "Olive", "--role", "operations"
    )

    second = releaf.made("user", "invite-again", "O@example.com ")

    assert second["id"] == first["id"]
    assert second["link"] != first["link"]


def test_of_two_users_with_one_email_the_account_is_named(releaf: Releaf) -> None:
    made = []
    for name in ("Northwind Print", "Westerly Copiers"):
        account = releaf.made("account", "add", name)
        options = ("--email", "o@example.com", "--name", "Olive", "--role", "partner_admin")
        made.append(releaf.made("user", "add", "--account", str(account["id"]), *options))

    unclear = releaf("user", "invite-again", "o@example.com", "--json")
    again = releaf.made("user", "invite-again", "o@example.com", "--account", "Westerly Copiers")

    assert (unclear.code, unclear.error[0]) == (2, "account")
    assert again["id"] == made[1]["id"]


def test_an_unknown_user_cannot_be_invited_again(releaf: Releaf) -> None:
    result = releaf("user", "invite-again", "nobody@example.com", "--json")

    assert (result.code, result.error[0]) == (2, "email")
