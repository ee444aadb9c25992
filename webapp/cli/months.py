"""``releaf month``: close a customer's month as the nightly job does."""

from collections.abc import Mapping, Sequence

import click
from sqlalchemy.orm import Session

from jobs import month_end
from webapp import clock
from webapp.cli import certificates, choose, context, output
from webapp.cli.command import Group
from webapp.cli.options import MONTH
from webapp.domain.months import Month
from webapp.extensions import current_settings
from webapp.messages import sentence
from webapp.models import Account, Certificate
from webapp.pdf import PdfError
from webapp.queries.certificates import carried_pages, customers_to_close
from webapp.services.certificates import months


@click.group("month", cls=Group)
def month_group() -> None:
    """Close months of customers."""


@month_group.command("close")
@click.option("--account", required=True, metavar="ACCOUNT", help="A customer: id or exact name.")
@click.option("--month", required=True, type=MONTH, metavar="YYYY-MM", help="e.g. 2026-10")
def close(account: str, month: Month) -> None:
    """Close a customer's month and issue its certificate.

      releaf month close --account "Harbour Architects" --month 2026-10

    Earlier open months are closed, too. A month can close once its grace period is over and its
    last nightly run has been collected; pages under review are counted in a later month once
    accepted. Fewer pages than the partner's minimum are carried to the next certificate. If the
    month cannot close or is already closed, nothing changes and the exit code is 1.
    """
    with context.session() as session:
        customer = choose.account(session, account, kinds={"customer"})
        due = _due(session, customer, month)
        issued, carried = _close(session, customer, due)
        session.commit()
    _render(issued)
    _print(customer, due, issued, carried)


def _due(session: Session, customer: Account, month: Month) -> list[Month]:
    """Return the months to close, oldest first. Raises ClickException if one cannot close."""
    if months.is_closed(session, customer, month):
        raise click.ClickException(f"{month} of {customer.name} is already closed.")
    if not customers_to_close(session, month, customer.id):
        raise click.ClickException(f"{customer.name} had no feed in {month}.")
    due = months.open_months(session, customer, month)
    grace = month_end.grace(current_settings())
    for one in due:
        reason = months.reason_to_keep_open(session, customer, one, clock.now(), grace)
        if reason is not None:
            raise click.ClickException(f"{sentence(reason)}.")
    return due


def _close(
    session: Session, customer: Account, due: Sequence[Month]
) -> tuple[list[Certificate], dict[str, int]]:
    """Close months; return the certificates, and by month the pages carried to the next one."""
    project = current_settings().project
    issued, carried = [], {}
    for month in due:
        certificate = months.close(session, customer, month, clock.now(), project)
        if certificate is not None:
            issued.append(certificate)
        else:
            carried[str(month)] = sum(carried_pages(session, customer.id).values())
        number = None if certificate is None else certificate.number
        context.record_action(
            session, "month closed", customer.name, customer, month=str(month), certificate=number
        )
    return issued, carried


def _render(issued: Sequence[Certificate]) -> None:
    for certificate in issued:
        try:
            month_end.render_certificate(certificate.id)
        except PdfError as error:
            raise click.ClickException(
                f"{certificate.number} is issued, but its PDF cannot be rendered: {error}"
            ) from error


def _print(
    customer: Account,
    due: Sequence[Month],
    issued: Sequence[Certificate],
    carried: Mapping[str, int],
) -> None:
    rows = {certificate.month: certificates.as_row(certificate) for certificate in issued}
    lines = []
    for month in map(str, due):
        row, pages = rows.get(month), carried.get(month)
        if row is not None:
            text = f"{row['number']}, {row['pages']:,} pages, {row['trees']:,} trees"
        elif pages:
            text = f"{pages:,} pages are carried to the next certificate"
        else:
            text = "no pages, no certificate"
        lines.append(f"{month} closed: {text}")
    *earlier, last = [str(month) for month in due]
    document = {
        "account": customer.id,
        "account_name": customer.name,
        "month": last,
        "certificate": rows.get(last),
        "carried_pages": carried.get(last, 0),
        "earlier": [{"month": month, "certificate": rows.get(month)} for month in earlier],
    }
    output.print_result(document, "\n".join(lines))
