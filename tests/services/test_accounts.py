"""Accounts: partners, customers, and the one of operations."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp.errors import Conflict, Invalid
from webapp.models import Account
from webapp.services.accounts import accounts, calendars


def test_a_partner_has_a_zone_and_a_country(session: Session) -> None:
    partner = accounts.add_partner(
        session, name="  Northwind   Print ", time_zone="America/New_York", country="us", now=NOW
    )

    assert (partner.kind, partner.name, partner.partner_id) == ("partner", "Northwind Print", None)
    assert (str(partner.zone), partner.holiday_country) == ("America/New_York", "US")


def test_a_customer_has_its_partners_zone_and_country(session: Session) -> None:
    partner = factories.partner(session, time_zone="America/New_York", country="US")

    here = accounts.add_customer(session, partner, name="Harbour Architects, LLP", now=NOW)
    abroad = accounts.add_customer(session, partner, name="Kontor", country="de", now=NOW)

    assert (str(here.zone), here.holiday_country) == ("America/New_York", "US")
    assert (str(abroad.zone), abroad.holiday_country) == ("America/New_York", "DE")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " \t "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "Null\0byte"}, "name"),
        ({"name": "operations"}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "localtime"}, "time_zone"),
        ({"country": "USA"}, "country"),
        ({"country": "ZZ"}, "country"),
        ({"country": ""}, "country"),
    ],
)
def test_an_invalid_value_is_refused_at_its_field(
    session: Session, changed: dict[str, str], field: str
) -> None:
    given = {"name": "Northwind", "time_zone": "UTC", "country": "US"} | changed

    with pytest.raises(Invalid) as refused:
        accounts.add_partner(session, **given, now=NOW)

    assert refused.value.field == field
    assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_a_name_is_unique_within_a_partner(session: Session) -> None:
    northwind, westerly = factories.partner(session), factories.partner(session)
    accounts.add_customer(session, northwind, name="Bakery", now=NOW)

    with pytest.raises(Invalid, match="There is already a customer “Bakery”"):
        accounts.add_customer(session, northwind, name=" Bakery ", now=NOW)
    elsewhere = accounts.add_customer(session, westerly, name="Bakery", now=NOW)

    assert elsewhere.partner_id == westerly.id


def test_two_partners_cannot_have_one_name(session: Session) -> None:
    accounts.add_partner(session, name="Northwind", now=NOW)

    with pytest.raises(Invalid, match="There is already a partner “Northwind”"):
        accounts.add_partner(session, name="Northwind", now=NOW)


def test_after_a_refusal_the_session_continues(session: Session) -> None:
    accounts.add_partner(session, name="Northwind", now=NOW)
    with pytest.raises(Invalid):
        accounts.add_partner(session, name="Northwind", now=NOW)

    accounts.add_partner(session, name="Westerly", now=NOW)
    session.commit()

    assert set(session.scalars(select(Account.name))) == {"Northwind", "Westerly"}


def test_customers_belong_to_partners_only(session: Session) -> None:
    customer = factories.customer(session)

    with pytest.raises(Invalid) as refused:
        accounts.add_customer(session, customer, name="Branch", now=NOW)

    assert refused.value.field == "partner"


def test_customers_named_returns_existing_customers_and_creates_the_others(
    session: Session,
) -> None:
    partner = factories.partner(session)
    bakery = factories.customer(session, partner, name="Bakery")
    names = ["Bakery", "Clinic ", "Clinic", "Tab\there", "x" * 300]

    found, created = accounts.customers_named(session, partner, names, now=NOW)
    again, none = accounts.customers_named(session, partner, names, now=NOW)

    assert [account.name for account in created] == ["Clinic", "Tab here", "x" * 200]
    assert none == []
    assert found["Bakery"] is bakery
    assert found["Clinic "] is found["Clinic"]
    assert found["Tab\there"].name == "Tab here"
    assert len(found["x" * 300].name) == 200
    assert {name: account.id for name, account in again.items()} == {
        name: account.id for name, account in found.items()
    }


def test_there_is_one_account_of_operations(session: Session) -> None:
    first = accounts.operations(session, NOW)
    second = accounts.operations(session, NOW)

    assert first is second
    with pytest.raises(Conflict):
        accounts.change(session, first, name="Somebody", country=None)


def test_a_customer_is_renamed_and_may_lose_its_country(session: Session) -> None:
    customer = factories.customer(session, name="Bakery", country="DE")

    changes = accounts.change(session, customer, name="Bakery Lund", country=None)

    assert changes == {"name": "Bakery → Bakery Lund", "country": "DE → –"}
    assert (customer.name, customer.country, customer.holiday_country) == (
        "Bakery Lund",
        None,
        "US",
    )


def test_a_change_of_a_region_is_recorded_with_its_country(session: Session) -> None:
    customer = factories.customer(session, name="Bakery", country="US")

    first = accounts.change(session, customer, name="Bakery", country="US", region="CA")
    moved = accounts.change(session, customer, name="Bakery", country="CA", region="QC")

    assert first == {"region": "– → US-CA"}
    assert moved == {"country": "US → CA", "region": "US-CA → CA-QC"}


def test_a_change_that_is_refused_changes_nothing(session: Session) -> None:
    partner = factories.partner(session)
    factories.customer(session, partner, name="Clinic")
    customer = factories.customer(session, partner, name="Bakery")

    for changed in (
        {"name": "Clinic", "country": "DE"},
        {"name": "Bakery Lund", "country": "XX"},
        {"name": "Bakery Lund", "country": None, "time_zone": "UTC"},
    ):
        with pytest.raises(Invalid):
            accounts.change(session, customer, **changed)

    session.expire(customer)
    assert (customer.name, customer.country, customer.time_zone) == ("Bakery", None, None)


def test_the_time_zone_of_a_partner_is_changed(session: Session) -> None:
    partner = factories.partner(session, time_zone="UTC", country="US")
    customer = factories.customer(session, partner)

    changes = accounts.change(
        session, partner, name=partner.name, country="JP", time_zone="Asia/Tokyo"
    )

    assert changes == {"country": "US → JP", "time_zone": "UTC → Asia/Tokyo"}
    assert (str(customer.zone), customer.holiday_country) == ("Asia/Tokyo", "JP")


def test_every_country_on_offer_has_public_holidays() -> None:
    offered = accounts.countries()

    assert set(offered) <= calendars.countries()
    assert offered["US"] == "United States"
    assert all(len(code) == 2 for code in offered)
