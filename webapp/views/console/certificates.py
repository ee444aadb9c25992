"""Certificates: list, page and document."""

import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp import clock, filters, pdf
from webapp.db import db
from webapp.domain.months import Month
from webapp.extensions import public_url_for
from webapp.models import Certificate
from webapp.queries import access
from webapp.queries import certificates as queries
from webapp.services.certificates import certificates
from webapp.views.shared import bulk, context, documents, equivalents, export, listing

blueprint = Blueprint("certificates", __name__)


def _exported(issued: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    for certificate in issued:
        yield (
            certificate.number,
            certificate.month,
            certificate.account_name,
            certificate.partner_name,
            certificate.pages,
            certificate.late_pages,
            certificate.corrections,
            certificate.carried_pages,
            certificate.trees,
            certificate.pages_per_tree,
            certificate.project,
            certificate.issued_on,
            public_url_for("public_certificates.show", public_id=certificate.public_id),
        )


_SHEET = export.Sheet(
    "certificates",
    (
        _l("Number"),
        _l("Month"),
        _l("Customer"),
        _l("Partner"),
        _l("Pages"),
        _l("Late pages"),
        _l("Corrections from earlier months"),
        _l("Carried pages"),
        _l("Trees"),
        _l("Pages per tree"),
        _l("Project"),
        _l("Issued on"),
        _l("Public page"),
    ),
    _exported,
)


@blueprint.get("/certificates")
def index() -> ResponseReturnValue:
    """The certificates of the accounts a viewer may see, by default the latest month first."""
    text, month = listing.search_text(), listing.search_text("month")
    viewer = context.viewer()
    months = queries.months(db.session(), viewer)
    sort = listing.sort_choice(queries.COLUMNS, "-month")
    if month not in months:
        month = ""
    account_id = listing.filter_id("account")
    account = access.account(db.session(), viewer, account_id) if account_id else None
    query = queries.search(viewer, text=text, month=month, account_id=account_id, sort=sort)
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query)
    return listing.render(
        "certificates",
        page,
        q=text,
        month=month,
        months=months,
        account=account,
        heading=partial(listing.heading, sort),
    )


@blueprint.post("/certificates/selection")
def selected() -> ResponseReturnValue:
    """Download the documents of the selected certificates as one archive, or export them."""
    wanted = bulk.selected_ids("certificate")
    query = queries.search(context.viewer())
    query = bulk.selected_rows(query, Certificate.id, wanted, "certificates")
    if wanted and request.form.get("action") == "documents":
        return _documents(query, bulk.list_url("certificates.index"))
    return bulk.export_selected(query, _SHEET, wanted, "certificates.index")


@blueprint.get("/certificates/months/<month>.zip")
def archive(month: str) -> ResponseReturnValue:
    """Download the documents of all certificates of a month as one archive."""
    query = queries.search(context.viewer(), month=listing.clean_text(month), sort="number")
    if listing.clean_text(month) != month or not queries.has_any(db.session(), query):
        abort(404)
    return _documents(query, url_for("certificates.index", month=month), month)


def _documents(query: Select[Any], back: str, month: str = "") -> ResponseReturnValue:
    """Return an uncompressed archive of documents, if all of them are rendered."""
    missing = queries.not_rendered(db.session(), query)
    if missing:
        message = ngettext(
            "%(number)s of these PDFs is being generated (%(which)s). Try again in a minute, or "
            "do not select it.",
            "%(number)s of these PDFs are being generated (%(which)s). Try again in a minute, or "
            "do not select them.",
            len(missing),
            which=", ".join(missing[:5]),
            number=filters.number(len(missing)),
        )
        flash(message, "warning")
        return redirect(back)
    file = tempfile.SpooledTemporaryFile(max_size=1 << 22)  # noqa: SIM115 (the answer closes it)
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for row in queries.documents(db.session(), query):
                rendered = row.rendered_at.timetuple()[:6]
                entry = zipfile.ZipInfo(f"certificate-{row.number}.pdf", rendered)
                archive.writestr(entry, row.pdf)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = f"releaf-certificates-{month or clock.now().date().isoformat()}.zip"
    response = send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/certificates/<number>")
def show(number: str) -> ResponseReturnValue:
    """A certificate: its data, its document, its public address."""
    certificate = access.certificate(db.session(), context.viewer(), number)
    return render_template("console/certificates/show.html", **_context(certificate))


@blueprint.get("/certificates/<number>/document")
def document(number: str) -> ResponseReturnValue:
    """htmx fragment: the state of the document; polls until it is rendered."""
    certificate = access.certificate(db.session(), context.viewer(), number)
    return render_template("console/certificates/_document.html", **_context(certificate))


@blueprint.get("/certificates/<number>.pdf")
def download(number: str) -> ResponseReturnValue:
    """The document, with a descriptive file name."""
    certificate = access.certificate(db.session(), context.viewer(), number)
    rendered = queries.document(db.session(), certificate)
    if rendered is None:
        abort(
            404,
            gettext("The PDF of this certificate is being generated. Try again in a minute."),
        )
    response = make_response(rendered.pdf)
    response.mimetype = "application/pdf"
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"certificate-{certificate.number}.pdf"
    )
    response.set_etag(rendered.sha256)
    return response


@blueprint.get("/certificates/<number>.png")
def preview(number: str) -> ResponseReturnValue:
    """The document as a picture."""
    return documents.picture(access.certificate(db.session(), context.viewer(), number), "private")


def _context(certificate: Certificate) -> dict[str, Any]:
    public_id = certificate.public_id
    return {
        "card_url": url_for("public_certificates.share_card", public_id=public_id),
        "certificate": certificate,
        "equivalents": equivalents.of(certificate.pages),
        "month": Month.parse(certificate.month).first,
        "late_months": _late_months(certificate),
        "carried_months": certificates.carried_months(certificate),
        "rendered": queries.is_rendered(db.session(), certificate),
        "size": (pdf.WIDTH, pdf.HEIGHT),
        "public_url": public_url_for("public_certificates.show", public_id=public_id),
    }


def _late_months(certificate: Certificate) -> list[date]:
    """Return the earlier months whose late pages it counts."""
    return [Month.parse(text).first for text in certificate.late_months.split()]
