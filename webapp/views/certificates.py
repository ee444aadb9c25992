"""Certificates: list, page, document; and the public page that anybody may be shown."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from webapp.db import db
from webapp.domain.months import Month
from webapp.models import Certificate, Document
from webapp.services import access, certificates
from webapp.views import edge, exports, lists

blueprint = Blueprint("certificates", __name__)


def _exported(issued: Sequence[Certificate]) -> Iterable[Sequence[exports.Value]]:
    for certificate in issued:
        yield (
            certificate.number,
            certificate.month,
            certificate.account_name,
            certificate.partner_name,
            certificate.pages,
            certificate.late_pages,
            certificate.trees,
            certificate.pages_per_tree,
            certificate.project,
            certificate.issued_on,
            url_for("certificates.public", public_id=certificate.public_id, _external=True),
        )


_SHEET = exports.Sheet(
    "certificates",
    (
        "Number",
        "Month",
        "Customer",
        "Partner",
        "Pages",
        "of them printed in earlier months",
        "Trees",
        "Pages per tree",
        "Project",
        "Issued on",
        "Public page",
    ),
    _exported,
)


@blueprint.get("/certificates")
def index() -> ResponseReturnValue:
    """The certificates of the accounts a viewer may see, the latest month first."""
    text, month = lists.searched(), lists.searched("month")
    viewer = edge.viewer()
    query = access.certificates(viewer)
    if text:
        names = (Certificate.account_name, Certificate.number)
        query = query.where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    months = _months()
    if month in months:
        query = query.where(Certificate.month == month)
    order = (Certificate.month.desc(), Certificate.account_name, Certificate.id)
    if exports.wanted():
        return exports.answer(query.order_by(*order), _SHEET)
    page = lists.paged(query.order_by(*order))
    return lists.page(
        "certificates",
        page,
        q=text,
        month=month,
        months=months,
        drawn=_drawn([certificate.id for certificate in page.items]),
    )


@blueprint.get("/certificates/<number>")
def show(number: str) -> ResponseReturnValue:
    """A certificate: what it states, its document, its public address."""
    certificate = access.certificate(db.session(), edge.viewer(), number)
    return render_template("certificates/show.html", **_context(certificate))


@blueprint.get("/certificates/<number>/document")
def document(number: str) -> ResponseReturnValue:
    """The state of a certificate's document, by itself; asks again until it is drawn."""
    certificate = access.certificate(db.session(), edge.viewer(), number)
    return render_template("certificates/_document.html", **_context(certificate))


@blueprint.get("/certificates/<number>.pdf")
def download(number: str) -> ResponseReturnValue:
    """The document's very bytes, under a name that says what it is."""
    certificate = access.certificate(db.session(), edge.viewer(), number)
    drawn = certificates.document(db.session(), certificate)
    if drawn is None:
        abort(404, "The document of this certificate is being drawn; try again in a minute.")
    response = make_response(drawn.pdf)
    response.mimetype = "application/pdf"
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"certificate-{certificate.number}.pdf"
    )
    response.set_etag(drawn.sha256)
    return response


@blueprint.get("/c/<public_id>")
def public(public_id: str) -> ResponseReturnValue:
    """What is certified, for whoever was given the address; nothing else of anybody."""
    certificate = None
    if public_id.isascii() and public_id.isprintable() and len(public_id) <= 43:
        query = select(Certificate).where(Certificate.public_id == public_id)
        certificate = db.session.scalar(query)
    if certificate is None:
        abort(404)
    response = make_response(
        render_template(
            "certificates/public.html",
            certificate=certificate,
            month=Month.parse(certificate.month).first,
        )
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _context(certificate: Certificate) -> dict[str, Any]:
    return {
        "certificate": certificate,
        "month": Month.parse(certificate.month).first,
        "late_months": _late_months(certificate),
        "drawn": bool(_drawn([certificate.id])),
        "public_url": edge.settings().public_url
        + url_for("certificates.public", public_id=certificate.public_id),
    }


def _late_months(certificate: Certificate) -> list[date]:
    """The earlier months whose late pages it counts."""
    return [Month.parse(text).first for text in certificate.late_months.split()]


def _months() -> list[str]:
    """The months that a viewer has certificates of, the latest first."""
    months = access.certificates(edge.viewer()).with_only_columns(Certificate.month).distinct()
    return list(db.session.scalars(months.order_by(Certificate.month.desc())))


def _drawn(certificate_ids: list[int]) -> set[int]:
    """Which certificates have their document; without loading the documents."""
    drawn = select(Document.certificate_id).where(Document.certificate_id.in_(certificate_ids))
    return set(db.session.scalars(drawn))
