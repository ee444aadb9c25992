"""Accounts: partners, their customers, and the account of operations."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp import i18n
from webapp.db import lock
from webapp.errors import Conflict, Invalid
from webapp.models import Account
from webapp.queries.accounts import is_taken
from webapp.services.accounts import account_changes, calendars
from webapp.services.accounts.calendars import regions
from webapp.services.names import clean_name

OPERATIONS_NAME = "Operations"
LONGEST_NAME = 200


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """Return the accepted time zones by name, without those that differ by machine."""
    return tuple(sorted(available_timezones() - {"Factory", "localtime"}))


@lru_cache(maxsize=1)
def listed_time_zones() -> tuple[str, ...]:
    """Return the time zones of places, and UTC, by name: without aliases such as Navajo.

    Source: zone.tab of the IANA database, which is made for lists of choices.
    """
    table = resources.files("tzdata") / "zoneinfo" / "zone.tab"
    rows = table.read_text(encoding="utf-8").splitlines()
    places = {row.split("\t")[2] for row in rows if not row.startswith("#")}
    return tuple(sorted(places & set(time_zones()) | {"UTC"}))


def countries() -> Mapping[str, str]:
    """Return the countries whose public holidays are known: names by two-letter code."""
    return _countries(i18n.current_locale())


@lru_cache
def _countries(locale: Locale) -> Mapping[str, str]:
    names = locale.territories
    known = {code: names[code] for code in calendars.countries() if code in names}
    return dict(sorted(known.items(), key=lambda country: _unaccented(country[1])))


def _unaccented(text: str) -> str:
    """Return a sort key without accents: Åland before Albania, not after Zimbabwe."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def add_partner(
    session: Session,
    *,
    name: str,
    time_zone: str = "UTC",
    country: str = "US",
    region: str | None = None,
    now: datetime,
) -> Account:
    """Create a partner with a time zone, a country and optionally a region. Raises Invalid."""
    name = _clean_name(name)
    if name.casefold() == OPERATIONS_NAME.casefold():
        raise Invalid(
            "name", gettext("This is the name of the service’s own account; choose another.")
        )
    partner = Account(
        kind="partner",
        name=name,
        time_zone=_known_zone(time_zone),
        country=_known_country(country),
        region=_known_region(country, region),
        created_at=now,
    )
    _insert(session, partner)
    return partner


def add_customer(
    session: Session,
    partner: Account,
    *,
    name: str,
    country: str | None = None,
    region: str | None = None,
    now: datetime,
) -> Account:
    """Create a customer of a partner; without a country, its partner's country and region apply.

    Raises Invalid.
    """
    if partner.kind != "partner":
        raise Invalid(
            "partner",
            gettext("%(name)s is not a partner; customers belong to partners.", name=partner.name),
        )
    customer = Account(
        kind="customer",
        name=_clean_name(name),
        partner=partner,
        country=_known_country(country) if country else None,
        region=_known_region(country, region),
        created_at=now,
    )
    _insert(session, customer)
    return customer


def customers_named(
    session: Session, partner: Account, names: Iterable[str], *, now: datetime
) -> tuple[dict[str, Account], list[Account]]:
    """Return the customers of a partner with these names, and those that were created for it.

    The names are Printerpoint's. Characters that names of accounts cannot have are removed, so that
    two names that differ only in blanks mean one account.
    """
    wanted = {name: normalize_name(name) for name in names}
    # Serializes concurrent connections, so that no account is created twice.
    lock(session, Account.id, partner.id)
    found = {
        account.name: account
        for account in session.scalars(
            select(Account).where(
                Account.partner_id == partner.id, Account.name.in_(set(wanted.values()))
            )
        )
    }
    created = [
        Account(kind="customer", name=name, partner=partner, created_at=now)
        for name in dict.fromkeys(wanted.values())
        if name not in found
    ]
    session.add_all(created)
    session.flush()
    found |= {account.name: account for account in created}
    return {name: found[normalized] for name, normalized in wanted.items()}, created


def operations(session: Session, now: datetime) -> Account:
    """Return the account of operations; create it when it is first needed."""
    query = select(Account).where(Account.kind == "operations").order_by(Account.id)
    found = session.scalars(query).first()
    if found is not None:
        return found
    account = Account(
        kind="operations", name=OPERATIONS_NAME, time_zone="UTC", country=None, created_at=now
    )
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError:
        found = session.scalars(query).first()  # created concurrently
        if found is None:
            raise
        return found
    return account


def change(
    session: Session,
    account: Account,
    *,
    name: str,
    country: str | None,
    region: str | None = None,
    time_zone: str | None = None,
) -> dict[str, Any]:
    """Change an account. Only a partner has a time zone; only a customer may lack a country. A
    region needs its country.

    Returns the changes, for the audit trail. Raises Invalid, and Conflict for operations.
    """
    if account.kind == "operations":
        raise Conflict(gettext("The service’s own account cannot be changed."))
    new_name = _clean_name(name)
    if new_name != account.name and is_taken(session, account.partner_id, new_name):
        raise _taken(account, new_name)
    if account.kind == "customer" and time_zone:
        raise Invalid("time_zone", gettext("A customer has its partner’s time zone."))
    zone = _known_zone(time_zone or "") if account.kind == "partner" else None
    may_lack = account.kind == "customer" and not country
    new_country = None if may_lack else _known_country(country or "")
    new_region = _known_region(new_country, region)
    try:
        with session.begin_nested():
            return account_changes.apply(
                account, name=new_name, country=new_country, region=new_region, time_zone=zone
            )
    except IntegrityError as error:  # the name was assigned concurrently
        raise _taken(account, new_name) from error


def change_language(account: Account, language: str | None) -> dict[str, Any]:
    """Change the language of documents (None: the partner's); return the change, if it is one."""
    return account_changes.apply(account, language=language)


def _insert(session: Session, account: Account) -> None:
    partner_id = account.partner.id if account.partner else None
    with session.no_autoflush:
        if is_taken(session, partner_id, account.name):
            raise _taken(account, account.name)
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError as error:  # created concurrently
        raise _taken(account, account.name) from error


def _taken(account: Account, name: str) -> Invalid:
    if account.kind == "customer":
        text = gettext("There is already a customer “%(name)s”; choose another name.", name=name)
    else:
        text = gettext("There is already a partner “%(name)s”; choose another name.", name=name)
    return Invalid("name", text)


def _clean_name(name: str) -> str:
    name = clean_name(name, LONGEST_NAME)
    if not name:
        raise Invalid("name", gettext("Enter a name for the account."))
    return name


def normalize_name(name: str) -> str:
    """Return a name from Printerpoint as an account may have it: on one line, shortened."""
    shown = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(shown.split())[:LONGEST_NAME].rstrip() or gettext("Customer without a name")


def _known_zone(name: str) -> str:
    if name not in time_zones():
        raise Invalid(
            "time_zone",
            gettext(
                "%(name)s is not a time zone; choose one like America/New_York.", name=repr(name)
            ),
        )
    return name


def _known_country(code: str) -> str:
    code = code.strip().upper()
    if code not in countries():
        raise Invalid(
            "country",
            gettext(
                "%(code)s is not a known country code; use two letters like US or DE.",
                code=repr(code),
            ),
        )
    return code


def _known_region(country: str | None, region: str | None) -> str | None:
    if not region:
        return None
    if not country:
        raise Invalid("region", gettext("Choose the country of this region, too."))
    code = country.strip().upper()
    known = regions(code)
    found = next((one for one in known if one.casefold() == region.strip().casefold()), None)
    if found is None:
        if not known:
            text = gettext(
                "%(region)s is not a region of %(country)s, which has no regional holidays; "
                "leave it empty.",
                region=repr(region),
                country=countries()[code],
            )
        else:
            text = gettext(
                "%(region)s is not a region of %(country)s; choose one like %(regions)s.",
                region=repr(region),
                country=countries()[code],
                regions=", ".join(list(known)[:3]),
            )
        raise Invalid("region", text)
    return found
