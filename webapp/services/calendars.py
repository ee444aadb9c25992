"""Calendars: public holidays by country and region, from the ``holidays`` package."""

from collections.abc import Container, Mapping
from datetime import date
from functools import lru_cache
from typing import Protocol

import holidays


class PublicHolidays:
    """The public holidays of a country, and of a region of it where one is named.

    Membership is a look-up in one set a year.
    """

    def __init__(self, country: str, region: str | None = None) -> None:
        self._country = country
        self._region = region

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _holidays_of_year(
            self._country, self._region, day.year
        )


def countries() -> frozenset[str]:
    """Country codes (ISO 3166-1, two letters) whose public holidays are known."""
    return frozenset(holidays.list_supported_countries())


@lru_cache(maxsize=256)
def regions(country: str) -> Mapping[str, str]:
    """The regions of a country that have holidays of their own, by code, with their names."""
    calendar = holidays.country_holidays(country)
    names: dict[str, str] = {}
    for name, code in calendar.subdivisions_aliases.items():
        names.setdefault(code, name)
    found = {code: names.get(code, code) for code in calendar.subdivisions}
    return dict(sorted(found.items(), key=lambda region: region[1]))


class Observing(Protocol):
    """What has public holidays: those of a country, and of a region of it."""

    @property
    def holiday_country(self) -> str | None:
        """The country; None: there are none."""

    @property
    def holiday_region(self) -> str | None:
        """The region; None: those of all the country alone."""


def public_holidays(account: Observing) -> Container[date]:
    """The public holidays an account's business days leave out."""
    return holidays_of(account.holiday_country, account.holiday_region)


def holidays_of(country: str | None, region: str | None = None) -> Container[date]:
    """The public holidays of a country and a region of it; none for None."""
    return PublicHolidays(country, region) if country else frozenset()


@lru_cache(maxsize=1024)
def _holidays_of_year(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))
