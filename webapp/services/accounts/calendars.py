"""Calendars: public holidays by country and region, from the ``holidays`` package."""

from collections.abc import Container, Mapping
from datetime import date
from functools import lru_cache
from typing import Protocol

import holidays


class PublicHolidays:
    """The public holidays of a country, and of one of its regions if named.

    Membership is a lookup in one set per year.
    """

    def __init__(self, country: str, region: str | None = None) -> None:
        self._country = country
        self._region = region

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _holidays_of_year(
            self._country, self._region, day.year
        )


def countries() -> frozenset[str]:
    """Return the country codes (ISO 3166-1 alpha-2) whose public holidays are known."""
    return frozenset(holidays.list_supported_countries())


@lru_cache(maxsize=256)
def regions(country: str) -> Mapping[str, str]:
    """Return the regions of a country that have their own holidays: names by code."""
    calendar = holidays.country_holidays(country)
    names: dict[str, str] = {}
    for name, code in calendar.subdivisions_aliases.items():
        names.setdefault(code, name)
    found = {code: names.get(code, code) for code in calendar.subdivisions}
    return dict(sorted(found.items(), key=lambda region: region[1]))


class Observing(Protocol):
    """An object with public holidays: of a country, and of one of its regions."""

    @property
    def holiday_country(self) -> str | None:
        """The country; None: no public holidays."""

    @property
    def holiday_region(self) -> str | None:
        """The region; None: only holidays of the whole country."""


def public_holidays(account: Observing) -> Container[date]:
    """Return the public holidays of an account."""
    return holidays_of(account.holiday_country, account.holiday_region)


def holidays_of(country: str | None, region: str | None = None) -> Container[date]:
    """Return the public holidays of a country and region; empty for None."""
    return PublicHolidays(country, region) if country else frozenset()


@lru_cache(maxsize=1024)
def _holidays_of_year(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))
