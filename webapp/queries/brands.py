"""Brands of partners: name, color and logo."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.contrast import Colour
from webapp.models import Account, Brand, Logo


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
    return _from_row(account_name, brand.name, brand.colour, brand.logo_digest, width, height)


def _from_row(
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


def get(session: Session, partner: Account) -> Brand | None:
    """Return the brand of a partner, if there is one."""
    return session.get(Brand, partner.id)


def logo_content(session: Session, digest: str | None) -> bytes | None:
    """Return the bytes of a logo."""
    return session.scalar(select(Logo.content).where(Logo.digest == digest)) if digest else None
