"""The business review of a partner: page, PDF and workbook of a month or quarter."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import clock, filters, i18n, pdf
from webapp.db import db
from webapp.domain.business_review import (
    RANKED,
    BusinessPeriod,
    BusinessReview,
    CustomerPages,
    ended_periods,
)
from webapp.domain.months import Month
from webapp.domain.trees import trees
from webapp.models import Account
from webapp.queries import access, brands, metrics
from webapp.queries import business_review as queries
from webapp.views.shared import context, export, totals
from webapp.views.shared.context import READERS, roles_required

blueprint = Blueprint("business_review", __name__)

#: The most months and quarters that are offered.
_MONTHS, _QUARTERS = 24, 8


@dataclass(frozen=True, slots=True)
class Offer:
    """The periods that can be chosen, and the review of the chosen one; None without any."""

    months: Sequence[BusinessPeriod]
    quarters: Sequence[BusinessPeriod]
    review: BusinessReview | None


@blueprint.get("/accounts/<int:account_id>/business-review")
@roles_required(*READERS)
def show(account_id: int) -> ResponseReturnValue:
    """The review of a period, with its downloads."""
    partner = access.partner(db.session(), context.viewer(), account_id)
    offer = _load(partner)
    if offer.review is None:
        return render_template("console/business_review/empty.html", account=partner)
    return render_template(
        "console/business_review/show.html",
        account=partner,
        offer=offer,
        review=offer.review,
        period_name=period_name,
        before=period_name(offer.review.period.before),
        ranked=RANKED,
        trees_of=trees,
    )


@blueprint.get("/accounts/<int:account_id>/business-review.pdf")
@roles_required(*READERS)
def document(account_id: int) -> ResponseReturnValue:
    """The review as PDF, in the language of the page and with the partner's brand."""
    partner = access.partner(db.session(), context.viewer(), account_id)
    review = _load(partner).review
    if review is None:
        return redirect(url_for("business_review.show", account_id=account_id))
    brand = brands.for_account(db.session(), partner)
    digest = brand.logo.digest if brand and brand.logo else None
    values = pdf.BusinessReviewValues(
        partner_name=brand.name if brand else partner.name,
        period=period_name(review.period),
        before=period_name(review.period.before),
        review=review,
        colour=str(brand.colour) if brand and brand.colour else None,
        logo=brands.logo_content(db.session(), digest),
        language=i18n.current_language(),
    )
    db.session.rollback()  # no transaction is open while the document is rendered
    response = make_response(pdf.business_review_renderer().render(values))
    response.mimetype = "application/pdf"
    name = f"business-review-{review.period}.pdf"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/accounts/<int:account_id>/business-review.xlsx")
@roles_required(*READERS)
def workbook(account_id: int) -> ResponseReturnValue:
    """The review as a workbook, with all customers and all feeds not reporting."""
    review = _load(access.partner(db.session(), context.viewer(), account_id)).review
    if review is None:
        return redirect(url_for("business_review.show", account_id=account_id))
    return export.respond_workbook(f"business-review-{review.period}.xlsx", _worksheets(review))


def period_name(period: BusinessPeriod) -> str:
    """Return the name of a period: October 2026; Quarter 3, 2026."""
    if period.quarter is None:
        return filters.month(period.first)
    return gettext(
        "Quarter %(quarter)s, %(year)s", quarter=period.quarter, year=str(period.first.year)
    )


def _load(partner: Account) -> Offer:
    """Return the review of the period in the address, by default of the latest month."""
    today = totals.today_of(partner, clock.now())
    by_month = metrics.pages_by_month(db.session(), metrics.Scope.account(partner))
    first = min(by_month, default=Month.of(today))
    months, quarters = ended_periods(first, today)
    months, quarters = months[:_MONTHS], quarters[:_QUARTERS]
    if not months:
        return Offer([], [], None)
    wanted = request.args.get("period", "")
    period = next((each for each in (*months, *quarters) if str(each) == wanted), months[0])
    return Offer(months, quarters, queries.load(db.session(), partner.id, period, by_month, today))


def _worksheets(review: BusinessReview) -> list[export.Worksheet]:
    period = period_name(review.period).capitalize()
    before = period_name(review.period.before).capitalize()
    change = gettext("Change")
    silent = [(feed.customer_name, feed.account_name, feed.last_data_on) for feed in review.silent]
    return [
        export.Worksheet(
            gettext("Summary"), (gettext("Business review"), period, before), _summary(review)
        ),
        export.Worksheet(
            gettext("Customers"),
            (gettext("Customer"), gettext("Pages"), gettext("Trees"), before, change),
            _customer_rows(review.customers),
        ),
        export.Worksheet(
            gettext("Largest changes"),
            (gettext("Customer"), gettext("Pages"), gettext("Trees"), before, change),
            _customer_rows([*review.increases, *review.decreases]),
        ),
        export.Worksheet(
            gettext("Feeds not reporting"),
            (gettext("Customer in Printerpoint"), gettext("Customer"), gettext("Last reported")),
            silent,
        ),
    ]


def _summary(review: BusinessReview) -> Iterator[Sequence[export.Value]]:
    yield gettext("Pages"), review.pages, review.pages_before
    yield gettext("Trees"), review.trees, review.trees_before
    yield gettext("Customers with pages"), review.printing, review.printing_before
    if len(review.by_month) > 1:
        for month, pages in review.by_month:
            label = gettext("Pages in %(month)s", month=filters.month(month))
            yield label, pages, None
    day = filters.day(review.today)
    yield gettext("Feeds on %(day)s", day=day), review.feeds, None
    yield gettext("Feeds not reporting on %(day)s", day=day), len(review.silent), None


def _customer_rows(customers: Iterable[CustomerPages]) -> Iterator[Sequence[export.Value]]:
    for each in customers:
        yield each.name, each.pages, each.trees, each.before, each.change
