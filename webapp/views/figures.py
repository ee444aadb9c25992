"""Figures: the pages and trees of many feeds, and their last days as a chart."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Select

from webapp.db import db
from webapp.domain.months import Month
from webapp.domain.trees import trees
from webapp.models import Account, Feed
from webapp.services import totals
from webapp.services.calendars import public_holidays
from webapp.services.deposits import DayPages
from webapp.views.charts import Bar, bars_of_days

DAYS = 31


@dataclass(frozen=True, slots=True)
class Figures:
    """Pages and trees of the open month, and of all time."""

    month: Month
    month_pages: int
    month_trees: Decimal
    pages: int
    trees: Decimal


def of(feeds: Select[Feed], today: date) -> Figures:
    """The figures of feeds, in the month of ``today``."""
    month = Month.of(today)
    month_pages = totals.pages(db.session(), feeds, month)
    pages = totals.pages(db.session(), feeds)
    return Figures(month, month_pages, trees(month_pages), pages, trees(pages))


def today_of(account: Account, now: datetime) -> date:
    """The date in an account's zone."""
    return now.astimezone(account.zone).date()


def last_days(today: date) -> tuple[date, date]:
    """The days that a chart shows: those that have ended."""
    return today - timedelta(days=DAYS), today - timedelta(days=1)


def bars(account: Account, days: list[DayPages]) -> list[Bar]:
    """The days of an account as bars; empty when nothing was printed, so that no chart is drawn."""
    if not any(day.pages for day in days):
        return []
    return bars_of_days(days, public_holidays(account))
