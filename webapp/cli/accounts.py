"""``releaf account``: partners and their customers."""

from typing import Any

import click
from sqlalchemy.orm import Session

from webapp import clock
from webapp.cli import choose, context, output
from webapp.cli.command import Group
from webapp.errors import Invalid
from webapp.models import Account
from webapp.services.accounts import accounts
from webapp.services.certificates import minimum


@click.group("account", cls=Group)
def account() -> None:
    """Partners (print dealers) and their customers."""


@account.command("add")
@click.argument("name")
@click.option(
    "--partner",
    metavar="ACCOUNT",
    help="Create a customer of this partner (id or exact name). Without it, a partner is created.",
)
@click.option(
    "--time-zone",
    metavar="ZONE",
    help="The zone in which the partner's days begin and end, e.g. America/New_York. [UTC]",
)
@click.option(
    "--country",
    metavar="CC",
    help="Two letters; its public holidays are not business days. [US; a customer: its partner's]",
)
@click.option(
    "--region",
    metavar="CODE",
    help="A region of the country with holidays of its own, e.g. CA, BY, SCT. [none]",
)
def add(
    name: str,
    partner: str | None,
    time_zone: str | None,
    country: str | None,
    region: str | None,
) -> None:
    """Create an account and print its id.

      releaf account add "Northwind Print" --time-zone America/New_York --country US
      releaf account add "Harbour Architects, LLP" --partner "Northwind Print"

    Customers need not be created first: "releaf feed add" creates missing ones.
    """
    with context.session() as session:
        if partner is None:
            made = accounts.add_partner(
                session,
                name=name,
                time_zone=time_zone or "UTC",
                country=country or "US",
                region=region,
                now=clock.now(),
            )
        else:
            if time_zone is not None:
                raise Invalid("time_zone", "A customer has its partner's time zone; leave it out.")
            owner = choose.account(session, partner, "partner", {"partner"})
            made = accounts.add_customer(
                session, owner, name=name, country=country, region=region, now=clock.now()
            )
        context.record_action(session, "account added", made.name, made)
        session.commit()
        output.print_result(as_row(made), f"{made.kind} {made.id}: {made.name}")


@account.command("edit")
@click.argument("account")
@click.option("--name", help="New name; issued certificates keep the old one.")
@click.option(
    "--time-zone",
    metavar="ZONE",
    help="Time zone of a partner, for its business days from now on.",
)
@click.option(
    "--country",
    metavar="CC",
    help="Two-letter code; empty: same as the partner. Clears the region unless --region is given.",
)
@click.option("--region", metavar="CODE", help="Region of the country; empty: none.")
@click.option(
    "--minimum-pages",
    type=click.IntRange(0, minimum.LARGEST),
    metavar="N",
    help="Fewest pages of a certificate of a partner's customers; 0: none.",
)
def edit(
    account: str,
    name: str | None,
    time_zone: str | None,
    country: str | None,
    region: str | None,
    minimum_pages: int | None,
) -> None:
    """Change the settings of an account that are given as options.

      releaf account edit "Northwind Print" --time-zone America/Chicago
      releaf account edit 3 --country CA --region QC
      releaf account edit "Northwind Print" --minimum-pages 1000

    ACCOUNT is an id or an exact name. Deposited pages stay on their days. A month with fewer pages
    than the minimum is carried to the next certificate.
    """
    if all(value is None for value in (name, time_zone, country, region, minimum_pages)):
        raise click.UsageError("Give --name, --time-zone, --country, --region or --minimum-pages.")
    with context.session() as session:
        changed = choose.account(session, account)
        if region is None and country is None:
            region = changed.region
        changes = accounts.change(
            session,
            changed,
            name=changed.name if name is None else name,
            country=changed.country if country is None else country or None,
            region=region or None,
            time_zone=changed.time_zone if time_zone is None else time_zone,
        )
        if changes:
            context.record_action(session, "account changed", changed.name, changed, **changes)
        if minimum_pages is not None:
            _change_minimum(session, changed, minimum_pages)
        session.commit()
        output.print_result(as_row(changed), f"{changed.kind} {changed.id}: {changed.name}")


def _change_minimum(session: Session, partner: Account, pages: int) -> None:
    before = partner.minimum_pages or 0
    if minimum.change(partner, pages):
        context.record_action(
            session,
            "certificate minimum changed",
            partner.name,
            partner,
            before=before,
            after=pages,
        )


def as_row(account: Account) -> dict[str, Any]:
    """Return the JSON row of an account."""
    return {
        "id": account.id,
        "kind": account.kind,
        "name": account.name,
        "partner": account.partner_id,
        "time_zone": str(account.zone),
        "country": account.holiday_country,
        "region": account.holiday_region,
        "minimum_pages": (account.partner or account).minimum_pages,
        "created_at": account.created_at,
    }
