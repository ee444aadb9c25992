"""Brands: changes of a partner's display name, color and logo."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from math import floor
from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.db import lock, upsert
from webapp.domain import contrast
from webapp.domain.contrast import Colour
from webapp.domain.reasons import Reason, reason
from webapp.errors import Invalid
from webapp.images import Picture
from webapp.models import Account, Brand, Logo
from webapp.services.names import clean_name

LONGEST_NAME: Final = 60
_PNG: Final = "image/png"

_NO_COLOUR = _l("This is not a color. Enter # and six digits from 0 to 9 and a to f, like #1b6b45.")


def change(
    session: Session,
    partner: Account,
    *,
    name: str,
    colour: str,
    logo: Picture | None,
    now: datetime,
) -> Mapping[str, str | Reason]:
    """Change the given values; an empty name or color resets it, None does not change the logo.

    Returns the changes, for the audit trail. Raises Invalid.
    """
    new_name = clean_name(name, LONGEST_NAME) or None
    new_colour = str(readable(colour)) if colour.strip() else None
    brand = _lock_brand(session, partner, now)
    changes: dict[str, str | Reason] = {}
    if brand.name != new_name:
        brand.name, changes["name"] = new_name, new_name or reason("account_name")
    if brand.colour != new_colour:
        brand.colour, changes["colour"] = new_colour, new_colour or reason("default_color")
    if logo is not None:
        digest = _store(session, logo, now)
        if brand.logo_digest != digest:
            brand.logo_digest, changes["logo"] = digest, digest[:12]
    _save(session, brand, now)
    return changes


def remove_logo(session: Session, partner: Account, now: datetime) -> bool:
    """Remove the logo of a partner; return whether there was one."""
    brand = _lock_brand(session, partner, now)
    before, brand.logo_digest = brand.logo_digest, None
    _save(session, brand, now)
    return before is not None


def reset(session: Session, partner: Account) -> bool:
    """Delete the brand of a partner; return whether there was one."""
    lock(session, Account.id, partner.id)
    brand = session.get(Brand, partner.id, populate_existing=True)
    if brand is None:
        return False
    session.delete(brand)
    session.flush()
    return True


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
    upsert(session, Logo, [row], key=("digest",))
    return digest
