"""Calendars: public holidays by country, from the ``holidays`` package."""

from collections.abc import Container
from datetime import date
from functools import lru_cache

import holidays

from webapp.models import Account


class PublicHolidays:
    """The public holidays of a country; membership is a look-up in one set a year."""

    def __init__(self, country: str) -> None:
        self._country = country

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _holidays_of_year(self._country, day.year)


def countries() -> frozenset[str]:
    """Country codes (ISO 3166-1, two letters) whose public holidays are known."""
    return frozenset(holidays.list_supported_countries())


def public_holidays(account: Account) -> Container[date]:
    """The public holidays an account's business days leave out."""
    return holidays_of(account.holiday_country)


def holidays_of(country: str | None) -> Container[date]:
    """The public holidays of a country; none for None."""
    return PublicHolidays(country) if country else frozenset()


@lru_cache(maxsize=512)
def _holidays_of_year(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))
