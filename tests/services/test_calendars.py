"""Public holidays by country and region."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.world import World
from webapp.errors import Invalid
from webapp.models import Account
from webapp.services.accounts import accounts
from webapp.services.accounts.calendars import holidays_of, public_holidays, regions

EPIPHANY = date(2026, 1, 6)
CESAR_CHAVEZ = date(2026, 3, 31)
SECOND_OF_JANUARY = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("country", "region", "day", "off"),
    [
        ("DE", "BY", EPIPHANY, True),
        ("DE", "BE", EPIPHANY, False),
        ("DE", None, EPIPHANY, False),
        ("US", "CA", CESAR_CHAVEZ, True),
        ("US", "NY", CESAR_CHAVEZ, False),
        ("GB", "SCT", SECOND_OF_JANUARY, True),
        ("GB", "ENG", SECOND_OF_JANUARY, False),
        (None, None, date(2026, 12, 25), False),
    ],
)
def test_a_region_has_holidays_of_its_own(
    country: str | None, region: str | None, day: date, off: bool
) -> None:
    assert (day in holidays_of(country, region)) is off


def test_regions_have_names_where_they_are_known() -> None:
    assert regions("DE")["BY"] == "Bayern"
    assert regions("GB") == {
        "ENG": "England", "NIR": "Northern Ireland", "SCT": "Scotland", "WLS": "Wales"
    }  # fmt: skip
    assert regions("MT") == {}


def test_a_customer_has_its_partners_region_unless_it_names_a_country(session: Session) -> None:
    partner = factories.partner(session, country="DE")
    partner.region = "BY"
    same = factories.customer(session, partner)
    abroad = factories.customer(session, partner, country="AT")
    berlin = factories.customer(session, partner, country="DE")

    assert EPIPHANY in public_holidays(same)
    assert abroad.holiday_region is None
    assert EPIPHANY in public_holidays(abroad)  # all of Austria
    assert EPIPHANY not in public_holidays(berlin)


def test_a_region_is_one_of_the_accounts_country(session: Session) -> None:
    made = accounts.add_partner(
        session, name="Druck Süd", country="DE", region="by", now=factories.NOW
    )
    assert made.region == "BY"
    for country, region, words in [
        ("DE", "CA", "not a region of Germany; choose one like"),
        ("MT", "CA", "which has no regional holidays; leave it empty"),
    ]:
        with pytest.raises(Invalid, match=words) as refusal:
            accounts.change(
                session, made, name="Druck Süd", country=country, region=region, time_zone="UTC"
            )
        assert refusal.value.field == "region"
    customer = factories.customer(session, made)
    with pytest.raises(Invalid, match="Choose the country of this region"):
        accounts.change(session, customer, name="X", country=None, region="BY")
    accounts.change(session, made, name="Druck Süd", country="DE", time_zone="UTC")
    assert made.region is None


@pytest.mark.parametrize(("region", "health"), [("NY", "unhealthy"), ("CA", "healthy")])
def test_the_health_of_a_feed_uses_the_calendar_of_its_region(
    world: World, region: str, health: str
) -> None:
    # Read on Friday, March 27, 2026; Tuesday the 31st is Cesar Chavez Day in California.
    with world.session() as session:
        session.get_one(Account, world.partner_id).region = region
        session.commit()
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(date(2026, 3, 27))
    world.printerpoint.stop_agent("Clinic")
    world.night(date(2026, 4, 1))

    assert world.feed(feed).health == health
