"""Brands: a partner's display name, color and logo."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from webapp.db import lock, upsert
from webapp.domain import contrast
from webapp.domain.contrast import Colour
from webapp.errors import Invalid
from webapp.images import Picture
from webapp.models import Account, Brand, Logo
from webapp.services.names import clean_name

LONGEST_NAME: Final = 60
_PNG: Final = "image/png"
_LOGO: Table = Logo.metadata.tables["logo"]

_NO_COLOUR = _l("This is not a color. Enter # and six digits from 0 to 9 and a to f, like #1b6b45.")


@dataclass(frozen=True, slots=True)
class LogoRef:
    """A logo by its digest, without its bytes."""

    digest: str
    width: int
    height: int

    def within(self, width: int, height: int) -> tuple[int, int]:
        """Return its size within a frame; it is reduced if necessary, never enlarged."""
        share = min(1, width / self.width, height / self.height)
        return max(1, round(self.width * share)), max(1, round(self.height * share))


@dataclass(frozen=True, slots=True)
class Branding:
    """Name, color and logo on pages, emails and certificates of a partner and its customers."""

    name: str
    colour: Colour | None
    logo: LogoRef | None


def for_account(session: Session, account: Account) -> Branding | None:
    """Return the branding of an account, which is its partner's; None: the default."""
    if account.kind == "operations":
        return None
    found = session.execute(
        select(Account.name, Brand, Logo.width, Logo.height)
        .join(Brand, Brand.account_id == Account.id)
        .outerjoin(Logo, Logo.digest == Brand.logo_digest)
        .where(Account.id == (account.partner_id or account.id))
    ).first()
    if found is None:
        return None
    account_name, brand, width, height = found
    return from_row(account_name, brand.name, brand.colour, brand.logo_digest, width, height)


def from_row(
    account_name: str,
    name: str | None,
    colour: str | None,
    digest: str | None,
    width: int | None,
    height: int | None,
) -> Branding:
    """Return the branding of a brand's columns and its logo's; the account's name by default."""
    logo = LogoRef(digest, width, height) if digest and width and height else None
    return Branding(name or account_name, Colour.parse(colour) if colour else None, logo)


def of(session: Session, partner: Account) -> Brand | None:
    """Return the brand of a partner, if there is one."""
    return session.get(Brand, partner.id)


def content(session: Session, digest: str | None) -> bytes | None:
    """Return the bytes of a logo."""
    return session.scalar(select(Logo.content).where(Logo.digest == digest)) if digest else None


def change(
    session: Session,
    partner: Account,
    *,
    name: str,
    colour: str,
    logo: Picture | None,
    now: datetime,
) -> Mapping[str, str]:
    """Change the given values; an empty name or color resets it, None does not change the logo.

    Returns the changes, as text for the audit trail. Raises Invalid.
    """
    new_name = clean_name(name, LONGEST_NAME) or None
    new_colour = str(readable(colour)) if colour.strip() else None
    brand = _lock_brand(session, partner, now)
    changes = {}
    if brand.name != new_name:
        brand.name, changes["name"] = new_name, new_name or "its account’s"
    if brand.colour != new_colour:
        brand.colour, changes["colour"] = new_colour, new_colour or "ours"
    if logo is not None:
        digest = _store(session, logo, now)
        if brand.logo_digest != digest:
            brand.logo_digest, changes["logo"] = digest, digest[:12]
    _save(session, brand, now)
    return changes


def remove_logo(session: Session, partner: Account, now: datetime) -> None:
    """Remove the logo of a partner."""
    brand = _lock_brand(session, partner, now)
    brand.logo_digest = None
    _save(session, brand, now)


def reset(session: Session, partner: Account) -> None:
    """Delete the brand of a partner."""
    lock(session, Account.id, partner.id)
    brand = session.get(Brand, partner.id, populate_existing=True)
    if brand is not None:
        session.delete(brand)
        session.flush()


def readable(text: str) -> Colour:
    """Return the color if its contrast is sufficient. Raises Invalid with the reason."""
    try:
        colour = Colour.parse(text)
    except ValueError:
        raise Invalid("colour", str(_NO_COLOUR)) from None
    if not contrast.passes(colour):
        ratio = floor(contrast.lowest(colour, contrast.LIGHT_PAGE) * 100) / 100
        raise Invalid(
            "colour",
            gettext(
                "%(colour)s is too light: its contrast with the page is %(ratio)s to 1, and at "
                "least 4.5 to 1 is needed for readable text. The nearest suitable shade is "
                "%(nearest)s.",
                colour=str(colour),
                ratio=format(ratio, ".2f"),
                nearest=str(contrast.nearest_passing(colour)),
            ),
        )
    return colour


def _lock_brand(session: Session, partner: Account, now: datetime) -> Brand:
    """Return the partner's brand, locked until this transaction ends; a new one if it has none."""
    lock(session, Account.id, partner.id)
    brand = session.get(Brand, partner.id, populate_existing=True)
    if brand is None:
        brand = Brand(account_id=partner.id, changed_at=now)
        session.add(brand)
    return brand


def _save(session: Session, brand: Brand, now: datetime) -> None:
    """Save a brand, or delete it if it has no values."""
    brand.changed_at = now
    session.flush()
    if brand.name is brand.colour is brand.logo_digest is None:
        session.delete(brand)
        session.flush()


def _store(session: Session, logo: Picture, now: datetime) -> str:
    """Store a picture under its digest, once."""
    digest = hashlib.sha256(logo.content).hexdigest()
    row = {
        "digest": digest,
        "content_type": _PNG,
        "width": logo.width,
        "height": logo.height,
        "created_at": now,
        "content": logo.content,
    }
    upsert(session, _LOGO, [row], key=("digest",))
    return digest
