"""``releaf equivalent``: equivalents of pages in water and CO2."""

import click

from webapp import clock
from webapp.cli import context, output
from webapp.cli.command import Group
from webapp.errors import Invalid
from webapp.models.equivalent import EQUIVALENT_KINDS, EquivalentKind
from webapp.queries import equivalents as queries
from webapp.services.certificates import equivalents as service

_KIND = click.Choice(EQUIVALENT_KINDS)


@click.group("equivalent", cls=Group)
def equivalent() -> None:
    """Water and CO2 that are shown beside pages and trees."""


@equivalent.command("set")
@click.argument("kind", type=_KIND)
@click.option(
    "--per-1000-pages",
    "factor",
    required=True,
    metavar="N",
    help="Liters of water, or kilograms of CO2.",
)
@click.option("--source", required=True, help="The source of the factor, shown beside the amount.")
def set_factor(kind: EquivalentKind, factor: str, source: str) -> None:
    """Switch an equivalent on, or change its factor.

    releaf equivalent set water --per-1000-pages 1300 --source "Paper Study 2026"
    """
    with context.session() as session:
        try:
            per_thousand = service.factor(kind, factor)
            change = service.change(session, kind, per_thousand, source, clock.now())
        except Invalid as error:  # of a field of the form, which has both kinds
            raise Invalid(error.field.removeprefix(f"{kind}_"), error.message) from error
        if change is not None:
            context.record_action(
                session, "equivalent changed", kind, None, before=change[0], after=change[1]
            )
        session.commit()
    _print(kind)


@equivalent.command("remove")
@click.argument("kind", type=_KIND)
def remove(kind: EquivalentKind) -> None:
    """Switch an equivalent off."""
    with context.session() as session:
        change = service.remove(session, kind)
        if change is not None:
            context.record_action(
                session, "equivalent changed", kind, None, before=change[0], after=change[1]
            )
        session.commit()
    _print(kind)


def _print(kind: EquivalentKind) -> None:
    with context.session(reading=True) as session:
        row = next((one for one in queries.factors(session) if one.kind == kind), None)
    document = {
        "kind": kind,
        "per_1000_pages": row and row.per_thousand,
        "source": row and row.source,
    }
    text = f"{row.per_thousand:f} per 1,000 pages ({row.source})" if row else "off"
    output.print_result(document, f"{kind}: {text}")
