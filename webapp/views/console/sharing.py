"""Sharing: a customer's year, its badge for other websites, and its name on public pages."""

from dataclasses import dataclass
from decimal import Decimal

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from webapp import clock
from webapp.db import db
from webapp.domain.months import Month
from webapp.domain.reasons import reason
from webapp.domain.trees import trees
from webapp.domain.years import summarize
from webapp.errors import Invalid, NotFound
from webapp.extensions import public_url_for
from webapp.models import Account
from webapp.models.user import Role
from webapp.queries import access, certificates, details, metrics
from webapp.services.accounts import sharing as service
from webapp.services.accounts.audit import Action
from webapp.views.shared import context, equivalents, totals
from webapp.views.shared.bars import Bar
from webapp.views.shared.context import roles_required

blueprint = Blueprint("sharing", __name__)

SHARING_CHANGERS: tuple[Role, ...] = ("operations", "partner_admin", "customer")
_MESSAGES = {
    "badge-on": _l("The badge is now public."),
    "badge-off": _l(
        "The badge is off. Its address is kept for later. Browsers may show a cached badge for "
        "up to an hour."
    ),
    "named": _l("Public pages now show the name."),
    "unnamed": _l(
        "The public pages no longer show the name. An image with the name that was downloaded "
        "before may still exist."
    ),
}


@dataclass(frozen=True, slots=True)
class MonthOfYear:
    """A month of the summary.

    ``certificate``: the number of the one that states it, if one does; ``carried``: it is, or was,
    carried to a later one.
    """

    month: Month
    pages: int
    trees: Decimal
    certificate: str | None
    carried: bool


@blueprint.get("/accounts/<int:account_id>/years/<int:year>")
def year(account_id: int, year: int) -> ResponseReturnValue:
    """A customer's year by months, printable."""
    account = _customer(account_id)
    pages = metrics.pages_by_month(db.session(), metrics.Scope.account(account))
    issued = details.certificates_of_year(db.session(), account.id, year)
    numbers = {Month.parse(one.month): one.number for one in issued}
    carried = certificates.carried_months(db.session(), account.id)
    today = totals.today_of(account, clock.now())
    years = sorted({month.year for month in pages} | {today.year})
    if year not in years:
        abort(404, gettext("No pages were counted in that year."))
    rows = [
        MonthOfYear(
            one,
            pages.get(one, 0),
            trees(pages.get(one, 0)),
            numbers.get(one) or carried.get(one),
            one in carried,
        )
        for one in (Month(year, number) for number in range(1, 13))
    ]
    total, certified = (sum(one.pages for one in some) for some in (rows, issued))
    summary = summarize(pages, year, today)
    return render_template(
        "console/sharing/year.html",
        account=account,
        year=year,
        years=years,
        summary=summary,
        total_trees=trees(summary.total),
        certificate_count=len(issued),
        rows=rows,
        bars=[Bar(str(row.month), row.pages) for row in rows] if total else [],
        pages=total,
        trees=trees(total),
        equivalents=equivalents.of(total),
        certified_pages=certified,
        certified_trees=trees(certified),
        today=today,
    )


@blueprint.route("/accounts/<int:account_id>/sharing", methods=["GET", "POST"])
@roles_required(*SHARING_CHANGERS)
def edit(account_id: int) -> ResponseReturnValue:
    """Switch the badge, and the name on public pages."""
    account = _customer(account_id)
    if request.method == "GET":
        return render_template("console/sharing/sharing.html", **_shared(account))
    action = request.form.get("action", "")
    if action not in _MESSAGES:
        raise Invalid("action", gettext("Choose an action."))
    if action.startswith("badge"):
        is_changed = service.switch_badge(account, on=action == "badge-on")
        changed: tuple[Action, str] = ("badge changed", action.removeprefix("badge-"))
    else:
        is_changed = service.name(account, named=action == "named")
        changed = ("name sharing changed", action)
    if is_changed:
        context.record_action(changed[0], account.name, account, to=changed[1])
    db.session.commit()
    flash(str(_MESSAGES[action]) if is_changed else gettext("Nothing was changed."), "success")
    return redirect(url_for("sharing.edit", account_id=account_id))


@blueprint.route("/accounts/<int:account_id>/badge/renew", methods=["GET", "POST"])
@roles_required(*SHARING_CHANGERS)
def renew(account_id: int) -> ResponseReturnValue:
    """Give the badge a new address, after confirmation."""
    account = _customer(account_id)
    back = url_for("sharing.edit", account_id=account_id)
    if account.badge_id is None:
        if request.method == "POST":
            flash(gettext("Nothing was changed."), "success")
        return redirect(back)
    if request.method == "GET":
        return render_template("console/sharing/renew.html", account=account, back=back)
    service.renew_badge(account)
    context.record_action("badge changed", account.name, account, to=reason("new_address"))
    db.session.commit()
    flash(
        gettext("The badge has a new address. Replace the old one wherever it is used."), "success"
    )
    return redirect(back)


def _customer(account_id: int) -> Account:
    account = access.account(db.session(), context.viewer(), account_id)
    if account.kind != "customer":
        raise NotFound("only customers print")
    return account


def _shared(account: Account) -> dict[str, object]:
    badge_url = account.badge_id and public_url_for("badge.show", badge_id=account.badge_id)
    latest = certificates.latest(db.session(), account.id)
    with force_locale(account.document_language):
        alt = gettext("Trees planted for the pages we print, counted by Releaf")
    return {
        "account": account,
        "json_url": account.badge_id and public_url_for("badge.totals", badge_id=account.badge_id),
        "html": f'<img src="{badge_url}" alt="{alt}" width="190" height="40">',
        "markdown": f"![{alt}]({badge_url})",
        "latest": latest,
    }
