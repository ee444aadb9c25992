"""Accounts: partners for operations, customers for partners, one's own for a customer."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from webapp import clock
from webapp.db import db
from webapp.domain.months import Month
from webapp.models import Account, Certificate, Feed, Server, User
from webapp.models.user import Role
from webapp.services import access, accounts, calendars, deposits, homes, totals
from webapp.services.access import Viewer
from webapp.services.errors import Invalid, NotFound
from webapp.views import account_forms, audit, edge, exports, figures, forms, lists
from webapp.views.edge import roles_required
from webapp.words import Words, gettext

blueprint = Blueprint("accounts", __name__)

READERS: tuple[Role, ...] = ("operations", "partner_admin", "partner_viewer")
CHANGERS: tuple[Role, ...] = ("operations", "partner_admin")
_LATEST = 6
_LISTED = 50
_ON_PAGE = 20
_COLUMNS = {"name": Account.name, "added": Account.created_at}


def _exported_partners(partners: Sequence[Account]) -> Iterable[Sequence[exports.Value]]:
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


def _exported_customers(customers: Sequence[Account]) -> Iterable[Sequence[exports.Value]]:
    counts = _customer_counts(customers)
    for customer in customers:
        feeds, unhealthy = counts["feeds_of"].get(customer.id, (0, 0))
        yield (
            customer.name,
            feeds,
            unhealthy,
            counts["month_pages_of"].get(customer.id, 0),
            counts["pages_of"].get(customer.id, 0),
            customer.created_at,
        )


_PARTNERS = exports.Sheet(
    "partners",
    (
        Words("Partner"),
        Words("Customers"),
        Words("Servers"),
        Words("Unhealthy servers"),
        Words("Pages this month"),
        Words("Added (UTC)"),
    ),
    _exported_partners,
)
_CUSTOMERS = exports.Sheet(
    "customers",
    (
        Words("Customer"),
        Words("Feeds"),
        Words("Unhealthy feeds"),
        Words("Pages this month"),
        Words("Pages so far"),
        Words("Added (UTC)"),
    ),
    _exported_customers,
)


@blueprint.get("/accounts")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """Partners for operations; for a partner its customers."""
    viewer = edge.viewer()
    text = lists.searched()
    kind = "partner" if viewer.is_operations else "customer"
    if kind == "partner":
        query = access.accounts(viewer).where(Account.kind == "partner")
    else:
        query = access.customers(viewer)
    if text:
        query = query.where(Account.name.icontains(text, autoescape=True))
    query, sort = lists.ordered(query, _COLUMNS, "name", then=(Account.name, Account.id))
    query = query.options(joinedload(Account.partner))
    if exports.wanted():
        return exports.answer(query, _PARTNERS if kind == "partner" else _CUSTOMERS)
    page = lists.paged(query)
    return lists.page(
        "accounts",
        page,
        q=text,
        kind=kind,
        heading=partial(lists.heading, sort),
        **(partner_counts(page.items) if kind == "partner" else _customer_counts(page.items)),
    )


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def new() -> ResponseReturnValue:
    """A new partner; for a partner, and where operations name one, a new customer."""
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
            audit.note("account added", made.name, made)
            db.session.commit()
            flash(gettext("%(name)s is added.", name=made.name), "success")
            return redirect(url_for("accounts.show", account_id=made.id))
    return forms.page("accounts/new.html", form, partner=partner)


@blueprint.get("/accounts/regions")
@roles_required(*CHANGERS)
def regions() -> str:
    """The regions of a country, as the field of a form."""
    form = account_forms.CustomerForm(formdata=request.args)
    account_forms.offer_regions(form, request.args.get("country"))
    return render_template("accounts/_region.html", form=form)


@blueprint.get("/accounts/<int:account_id>")
def show(account_id: int) -> ResponseReturnValue:
    """An account: its pages and trees by day, its feeds, certificates and users."""
    viewer = edge.viewer()
    account = access.account(db.session(), viewer, account_id)
    if account.kind == "operations":
        return render_template(
            "accounts/operations.html", account=account, **_people(viewer, account)
        )
    show_kind = _show_partner if account.kind == "partner" else _show_customer
    return show_kind(viewer, account)


@blueprint.route("/accounts/<int:account_id>/edit", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def edit(account_id: int) -> ResponseReturnValue:
    """Change an account: operations any, a partner's administrator its customers."""
    account = access.account(db.session(), edge.viewer(), account_id)
    if not _may_edit(edge.viewer(), account):
        abort(403)
    form = (
        account_forms.PartnerForm(obj=account)
        if account.kind == "partner"
        else account_forms.CustomerForm(obj=account)
    )
    account_forms.offer_choices(form, account.partner)
    if form.validate_on_submit():
        try:
            accounts.change(
                db.session(),
                account,
                name=form.name.data,
                country=form.country.data or None,
                region=form.region.data or None,
                time_zone=form.time_zone.data if "time_zone" in form else None,
            )
            account.language = account_forms.language_of(form)
        except Invalid as error:
            db.session.rollback()
            account = access.account(db.session(), edge.viewer(), account_id)
            forms.refuse(form, error)
        else:
            audit.note("account changed", account.name, account)
            db.session.commit()
            flash(gettext("Saved."), "success")
            return redirect(url_for("accounts.show", account_id=account_id))
    return forms.page("accounts/edit.html", form, account=account)


def latest_certificates(viewer: Viewer, account: Account) -> list[Certificate]:
    """The latest certificates of a customer."""
    query = access.certificates(viewer).where(Certificate.account_id == account.id)
    return list(db.session.scalars(query.order_by(Certificate.month.desc()).limit(_LATEST)))


def partner_counts(partners: Sequence[Account]) -> dict[str, Any]:
    """For each of these partners: customers, servers (those unhealthy), pages this month."""
    month = Month.of(clock.now().date())
    counts = homes.partner_counts(db.session(), [partner.id for partner in partners], month)
    return {
        "customers_of": counts.customers,
        "servers_of": counts.servers,
        "pages_of": counts.pages,
    }


def _show_partner(viewer: Viewer, partner: Account) -> str:
    servers = select(Server.id).where(Server.account_id == partner.id)
    feeds = access.feeds(viewer).where(Feed.server_id.in_(servers))
    days = totals.pages_by_day(db.session(), partner, *figures.last_days(_today(partner)))
    query = access.accounts(viewer).where(Account.partner_id == partner.id)
    page = lists.paged(query.order_by(Account.name, Account.id), per_page=_ON_PAGE)
    return render_template(
        "accounts/partner.html",
        account=partner,
        figures=figures.of(totals.Of.account(partner), _today(partner)),
        bars=figures.bars(partner, days),
        health=totals.feeds_by_health(db.session(), feeds),
        servers=_servers(viewer, partner),
        customers=page,
        page_url=lists.page_url,
        **_customer_counts(page.items),
        **_people(viewer, partner),
    )


def _show_customer(viewer: Viewer, customer: Account) -> str:
    feeds = access.feeds(viewer).where(Feed.account_id == customer.id)
    feed_ids = list(db.session.scalars(feeds.with_only_columns(Feed.id)))
    standing = feeds.where(Feed.status != "removed").order_by(Feed.customer_name, Feed.id)
    today = _today(customer)
    days = deposits.pages_by_day(db.session(), feed_ids, *figures.last_days(today))
    return render_template(
        "accounts/customer.html",
        account=customer,
        figures=figures.of(totals.Of.account(customer), today),
        bars=figures.bars(customer, days),
        feeds=db.session.scalars(standing.limit(_LISTED)).all(),
        today=today,
        certificates=latest_certificates(viewer, customer),
        **_people(viewer, customer),
    )


def _people(viewer: Viewer, account: Account) -> dict[str, Any]:
    """The users of an account, for whoever may see them; and what may be done."""
    query = access.users(viewer).where(User.account_id == account.id)
    shown = viewer.role != "customer"
    return {
        "users": db.session.scalars(query.order_by(User.full_name)).all() if shown else [],
        "may_invite": viewer.may_change,
        "may_edit": _may_edit(viewer, account),
        "country": _calendar_of(account),
    }


def _calendar_of(account: Account) -> str | None:
    """The country, and region, whose holidays hold; None without one."""
    country = account.holiday_country
    if country is None:
        return None
    name = accounts.countries().get(country, country)
    region = calendars.regions(country).get(account.holiday_region or "")
    return f"{region}, {name}" if region else name


def _may_edit(viewer: Viewer, account: Account) -> bool:
    if viewer.is_operations:
        return account.kind != "operations"
    return viewer.may_change and account.kind == "customer"


def _today(account: Account) -> date:
    return figures.today_of(account, clock.now())


def _servers(viewer: Viewer, partner: Account) -> Sequence[Server]:
    query = access.servers(viewer).where(
        Server.account_id == partner.id, Server.removed_at.is_(None)
    )
    return db.session.scalars(query.order_by(Server.name)).all()


def _partner_named() -> Account | None:
    """The partner that a new customer will belong to; None: a partner is added."""
    viewer = edge.viewer()
    if viewer.is_partner:
        return edge.user().account
    number = lists.number("partner")
    if number is None:
        return None
    account = access.account(db.session(), viewer, number)
    if account.kind != "partner":
        raise NotFound("customers belong to partners")
    return account


def _add(form: FlaskForm, partner: Account | None) -> Account:
    account = _made(form, partner)
    account.language = account_forms.language_of(form)
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


def _customer_counts(customers: Sequence[Account]) -> dict[str, Any]:
    """For each customer of a page: feeds, those that are unhealthy, pages this month and so far."""
    ids = [customer.id for customer in customers]
    unhealthy = func.count().filter(Feed.health == "unhealthy", Feed.status == "active")
    feeds = db.session.execute(
        select(Feed.account_id, func.count(), unhealthy)
        .where(Feed.account_id.in_(ids), Feed.status != "removed")
        .group_by(Feed.account_id)
    )
    month = Month.of(_today(customers[0])) if customers else None
    return {
        "feeds_of": {account_id: (count, bad) for account_id, count, bad in feeds},
        "month_pages_of": totals.pages_by_account(db.session(), ids, month),
        "pages_of": totals.pages_by_account(db.session(), ids),
    }
