"""Accounts: partners for operations, customers for partners, and for a customer its account."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from webapp import clock
from webapp.db import db
from webapp.domain.months import Month
from webapp.errors import Invalid, NotFound
from webapp.models import Account
from webapp.queries import access, dashboard
from webapp.queries import accounts as queries
from webapp.queries.lists import COUNT_TO
from webapp.services.accounts import accounts
from webapp.views.console import account_detail, account_forms
from webapp.views.shared import bulk, context, export, forms, listing, totals
from webapp.views.shared.context import CHANGERS, READERS, roles_required

blueprint = Blueprint("accounts", __name__)


def _exported_partners(partners: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    counts = partner_counts(partners)
    for partner in partners:
        servers, unhealthy = counts["servers_of"].get(partner.id, (0, 0))
        yield (
            partner.name,
            counts["customers_of"].get(partner.id, 0),
            servers,
            unhealthy,
            counts["pages_of"].get(partner.id, 0),
            partner.created_at,
        )


def _exported_customers(customers: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    counts = account_detail.counts_of(customers, _today(context.user().account))
    for customer in customers:
        of = counts[customer.id]
        row = (of.feeds, of.unhealthy, of.month_pages, of.pages)
        yield (
            customer.name,
            *row,
            customer.created_at,
        )


_PARTNERS = export.Sheet(
    "partners",
    (
        _l("Partner"),
        _l("Customers"),
        _l("Servers"),
        _l("Unhealthy servers"),
        _l("Pages this month"),
        _l("Added (UTC)"),
    ),
    _exported_partners,
)
_CUSTOMERS = export.Sheet(
    "customers",
    (
        _l("Customer"),
        _l("Feeds"),
        _l("Unhealthy feeds"),
        _l("Pages this month"),
        _l("Total pages"),
        _l("Added (UTC)"),
    ),
    _exported_customers,
)


@blueprint.get("/accounts")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """Partners for operations, customers for a partner."""
    viewer = context.viewer()
    text = listing.search_text()
    kind = "partner" if viewer.is_operations else "customer"
    today = _today(context.user().account)
    names = queries.PARTNER_COLUMNS if kind == "partner" else queries.CUSTOMER_COLUMNS
    sort = listing.sort_choice(names, "name")
    if kind == "partner":
        query = queries.partners(viewer, text=text, sort=sort)
    else:
        query = queries.customers(viewer, Month.of(today), text=text, sort=sort)
    if export.requested():
        return export.respond(query, _PARTNERS if kind == "partner" else _CUSTOMERS)
    page = listing.paginate(query, count_to=COUNT_TO if text else None)
    return listing.render(
        "accounts",
        page,
        q=text,
        kind=kind,
        heading=partial(listing.heading, sort),
        **(partner_counts(page.items) if kind == "partner" else {}),
        counts=account_detail.counts_of(page.items, today) if kind == "customer" else {},
    )


@blueprint.post("/accounts/selection")
@roles_required(*READERS)
def selected() -> ResponseReturnValue:
    """Export the selected customers."""
    wanted = bulk.selected_ids("account")
    month = Month.of(_today(context.user().account))
    query = queries.customers(context.viewer(), month)
    query = bulk.selected_rows(query, Account.id, wanted, "customers")
    return bulk.export_selected(query, _CUSTOMERS, wanted, "accounts.index")


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def new() -> ResponseReturnValue:
    """Add a partner, or a customer for a partner or if operations name one."""
    partner = _partner_named()
    form = account_forms.PartnerForm() if partner is None else account_forms.CustomerForm()
    account_forms.offer_choices(form, partner)
    if form.validate_on_submit():
        try:
            made = _add(form, partner)
        except Invalid as error:
            db.session.rollback()
            partner = _partner_named()
            forms.refuse(form, error)
        else:
            context.record_action("account added", made.name, made)
            db.session.commit()
            flash(gettext("%(name)s has been added.", name=made.name), "success")
            return redirect(url_for("accounts.show", account_id=made.id))
    return forms.page("console/accounts/new.html", form, partner=partner)


@blueprint.get("/accounts/regions")
@roles_required(*CHANGERS)
def regions() -> str:
    """htmx fragment: the regions of a country."""
    form = account_forms.CustomerForm(formdata=request.args)
    account_forms.offer_regions(form, request.args.get("country"))
    return render_template("console/accounts/_region.html", form=form)


@blueprint.get("/accounts/<int:account_id>")
def show(account_id: int) -> ResponseReturnValue:
    """An account: its pages and trees by day, its feeds, certificates and users."""
    viewer = context.viewer()
    return account_detail.page(viewer, account_id)


@blueprint.route("/accounts/<int:account_id>/edit", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def edit(account_id: int) -> ResponseReturnValue:
    """Change an account: operations any, a partner's administrators its customers."""
    account = access.account(db.session(), context.viewer(), account_id)
    if not account_detail.may_edit(context.viewer(), account):
        abort(403)
    form = account_forms.edit_form(account)
    account_forms.offer_choices(form, account.partner)
    if form.validate_on_submit():
        try:
            changes: dict[str, Any] = accounts.change(
                db.session(),
                account,
                name=form.name.data,
                country=form.country.data or None,
                region=form.region.data or None,
                time_zone=form.time_zone.data if "time_zone" in form else None,
            )
            changes |= accounts.change_language(account, account_forms.language_of(form))
        except Invalid as error:
            db.session.rollback()
            account = access.account(db.session(), context.viewer(), account_id)
            forms.refuse(form, error)
        else:
            if changes:
                context.record_action("account changed", account.name, account, **changes)
            db.session.commit()
            flash(gettext("Saved.") if changes else gettext("Nothing was changed."), "success")
            return redirect(url_for("accounts.show", account_id=account_id))
    return forms.page("console/accounts/edit.html", form, account=account)


def partner_counts(partners: Sequence[Any]) -> dict[str, Any]:
    """Return, of each partner: customers, servers (and unhealthy ones), pages this month."""
    month = Month.of(clock.now().date())
    counts = dashboard.partner_counts(db.session(), [partner.id for partner in partners], month)
    return {
        "customers_of": counts.customers,
        "servers_of": counts.servers,
        "unhealthy_feeds_of": counts.unhealthy_feeds,
        "pages_of": counts.pages,
    }


def _today(account: totals.Zoned) -> date:
    return totals.today_of(account, clock.now())


def _partner_named() -> Account | None:
    """Return the partner of a new customer; None if a partner is added."""
    viewer = context.viewer()
    number = viewer.account_id if viewer.is_partner else listing.target_id("partner")
    if number is None:
        return None
    account = access.account(db.session(), viewer, number)
    if account.kind != "partner":
        raise NotFound("customers belong to partners")
    return account


def _add(form: FlaskForm, partner: Account | None) -> Account:
    account = _made(form, partner)
    accounts.change_language(account, account_forms.language_of(form))
    return account


def _made(form: FlaskForm, partner: Account | None) -> Account:
    if partner is not None:
        return accounts.add_customer(
            db.session(),
            partner,
            name=form.name.data,
            country=form.country.data or None,
            region=form.region.data or None,
            now=clock.now(),
        )
    return accounts.add_partner(
        db.session(),
        name=form.name.data,
        time_zone=form.time_zone.data,
        country=form.country.data,
        region=form.region.data or None,
        now=clock.now(),
    )
