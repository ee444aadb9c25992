"""``releaf certificates``: close months, issue certificates, fetch their documents."""

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from jobs import month_end
from webapp.cli import choose, context, output
from webapp.cli.command import WORK_FAILED, Group
from webapp.cli.options import MONTH
from webapp.domain.months import Month
from webapp.errors import Conflict, Invalid
from webapp.messages import sentence
from webapp.models import Certificate
from webapp.pdf import PdfError
from webapp.queries import certificates as queries


@dataclass(frozen=True, slots=True)
class Issued:
    """The result for an account's month: a certificate, a reason to wait, or no pages.

    ``carried``: the month was carried, to the certificate ``carried_to`` or to one not issued yet.
    """

    account_id: int
    account_name: str
    certificate: Certificate | None
    reason: str | None
    carried: bool = False
    carried_to: str | None = None


@click.group("certificates", cls=Group)
def certificates() -> None:
    """Close months, issue and download certificates."""


@certificates.command("issue")
@click.option("--month", required=True, type=MONTH, metavar="YYYY-MM", help="e.g. 2026-10")
@click.option(
    "--account",
    metavar="ACCOUNT",
    help="A customer, or a partner and all its customers (id or exact name). [all]",
)
@click.pass_context
def issue(ctx: click.Context, month: Month, account: str | None) -> None:
    """Close a month, issue its certificates and render their documents.

      releaf certificates issue --month 2026-10
      releaf certificates issue --month 2026-10 --account "Northwind Print"

    Earlier open months are closed first. A month can close once its grace period is over and its
    last nightly run has been collected. Accounts that have to wait are listed with the reason, and
    the exit code is 1; the others are issued. Running it again changes nothing and lists the same
    certificates.
    """
    with context.session(reading=True) as session:
        chosen = None
        if account is not None:
            chosen = choose.account(session, account, kinds={"partner", "customer"}).id
        accounts = queries.customers_to_close(session, month, chosen)
    results = []
    with output.progress(f"Certificates {month}") as show:
        for done, (account_id, name) in enumerate(accounts, start=1):
            results.append(_issue(account_id, name, month))
            show(done, len(accounts), name)
    _print_issued(month, results)
    if any(one.reason for one in results):
        ctx.exit(WORK_FAILED)


def _issue(account_id: int, name: str, month: Month) -> Issued:
    try:
        certificate, reason = month_end.issue(account_id, month)
    except (Conflict, PdfError) as error:
        return Issued(account_id, name, None, f"{name}: {error}")
    if certificate is not None or reason is not None:
        return Issued(account_id, name, certificate, sentence(reason) or None)
    with context.session(reading=True) as session:
        carried = queries.carried_months(session, account_id)
    return Issued(account_id, name, None, None, month in carried, carried.get(month))


def _print_issued(month: Month, results: Sequence[Issued]) -> None:
    rows = [as_row(one.certificate) for one in results if one.certificate is not None]
    waiting = [
        {"account": one.account_id, "account_name": one.account_name, "reason": one.reason}
        for one in results
        if one.reason
    ]
    carried = [one for one in results if one.carried]
    without = [
        one for one in results if not (one.certificate is not None or one.reason or one.carried)
    ]
    lines = [
        f"{row['number']}  {row['account_name']}: {row['pages']:,} pages, {row['trees']:,} trees"
        for row in rows
    ]
    lines += [f"{one.account_name}: no pages in {month}, no certificate" for one in without]
    lines += [
        f"{one.account_name}: {month} is carried to {one.carried_to or 'the next certificate'}"
        for one in carried
    ]
    lines += [f"waiting: {row['reason']}" for row in waiting]
    document = {
        "month": str(month),
        "certificates": rows,
        "carried": [{"account": one.account_id, "certificate": one.carried_to} for one in carried],
        "waiting": waiting,
        "without_pages": [one.account_id for one in without],
    }
    output.print_result(document, "\n".join(lines) or f"No account had a feed in {month}.")


@certificates.command("download")
@click.argument("number")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, allow_dash=True),
    required=True,
    metavar="FILE",
    help="Where to write the PDF; - writes it to standard output.",
)
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def download(number: str, target: str, force: bool) -> None:
    """Write a certificate's PDF, as it was first rendered, to a file.

      releaf certificates download R-2026-10-000001 -o certificate.pdf

    A document that has not been rendered yet is rendered first.
    """
    if target == "-" and output.as_json():
        raise Invalid("target", "Give a file name; --json is printed on standard output.")
    pdf = _document(number)
    if target == "-":
        click.echo(pdf, nl=False)
        return
    path = Path(target)
    _write(path, pdf, force)
    document = {
        "number": number,
        "file": target,
        "bytes": len(pdf),
        "sha256": hashlib.sha256(pdf).hexdigest(),
    }
    output.print_result(document, f"{path}: {len(pdf):,} bytes")


def _document(number: str) -> bytes:
    with context.session(reading=True) as session:
        certificate = queries.by_number(session, number)
        if certificate is None:
            raise Invalid(
                "number",
                f"There is no certificate {number!r}. 'releaf list certificates' shows them.",
            )
        document = queries.document(session, certificate)
        if document is not None:
            return document.pdf
    try:
        month_end.render_certificate(certificate.id)
    except PdfError as error:
        raise click.ClickException(f"{number} cannot be rendered: {error}") from error
    return _document(number)


def _write(path: Path, content: bytes, force: bool) -> None:
    """Write a whole file or none. Raises Invalid if it cannot be written."""
    if path.exists() and not path.is_file():
        raise Invalid("target", f"{path} is not a file; give a file name.")
    if path.exists() and not force:
        raise Invalid("target", f"{path} already exists; --force replaces it.")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Invalid("target", f"{path} cannot be written: {error.strerror}.") from error


def as_row(certificate: Certificate) -> dict[str, Any]:
    """Return the JSON row of a certificate."""
    return {
        "number": certificate.number,
        "account": certificate.account_id,
        "account_name": certificate.account_name,
        "month": certificate.month,
        "pages": certificate.pages,
        "late_pages": certificate.late_pages,
        "corrections": certificate.corrections,
        "carried_pages": certificate.carried_pages,
        "trees": certificate.trees,
        "pages_per_tree": certificate.pages_per_tree,
        "project": certificate.project,
        "issued_on": certificate.issued_on,
        "url": context.certificate_url(certificate.public_id),
    }
