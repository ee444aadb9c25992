"""Customers of a server: search in its fleet, select, and connect to customer accounts.

The selection is sent with every search, so that the server stores nothing. ``customer``: the boxes
checked in the results, ``shown``: all boxes of the results; ``chosen`` and ``listed``: the same for
the list of selected customers.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from webapp import clock, filters, queue
from webapp.crypto import DecryptionError
from webapp.db import db
from webapp.errors import Conflict
from webapp.extensions import current_settings
from webapp.models import Server
from webapp.printerpoint.client import RequestLimits
from webapp.printerpoint.errors import PrinterpointError
from webapp.printerpoint.fleet import Customer
from webapp.queries import access, accounts
from webapp.services.feeds import feeds
from webapp.services.feeds.feed_accounts import assign_accounts
from webapp.services.feeds.feeds import ConnectedFeeds
from webapp.services.feeds.matcher import Candidate, FeedMatcher
from webapp.services.servers import clients, customers
from webapp.views.shared import context, listing
from webapp.views.shared.context import CHANGERS, roles_required

log = logging.getLogger("releaf.customers")
blueprint = Blueprint("customers", __name__)

#: Limits within a request, for a large fleet.
CUSTOMER_LIST_LIMITS = RequestLimits(
    read_seconds=20, total_seconds=30, fleet_seconds=60, retries=1, max_retry_after_seconds=5
)
_SHOWN = 200
#: The most accounts that are suggested for a name.
_ACCOUNTS_SUGGESTED = 20
_LISTS = ("customer", "shown", "chosen", "listed")
_REPLACE_LIST = {"HX-Retarget": "#customers", "HX-Reswap": "innerHTML", "HX-Reselect": "unset"}


@dataclass(slots=True)
class Choice:
    """A selected customer and the name of its future account; empty: its ``own``."""

    key: str
    customer: Customer
    account: str = ""
    own: str = ""

    @property
    def account_name(self) -> str:
        """The account's full name."""
        return self.account or self.own


@dataclass(slots=True)
class Found:
    """The result of a search. ``error``: why there is none; then ``selected`` is the selection.

    ``fleet``: all customers; ``matching``: those that match the text; ``unmapped``: of these, those
    without a feed, except ``renamed``, which are probably customers of feeds under a new name;
    ``shown``: the first of all. Of the selected ones, ``choices`` can be connected, ``already``
    counts those that are connected by now, and ``gone`` those that the fleet no longer has.
    """

    text: str
    error: str | None = None
    selected: list[tuple[str, str]] = field(default_factory=list)
    fleet: Sequence[Customer] = ()
    matching: int = 0
    unmapped: list[Customer] = field(default_factory=list)
    renamed: list[Candidate] = field(default_factory=list)
    shown: list[Candidate] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    already: int = 0
    gone: int = 0


@blueprint.get("/servers/<int:server_id>/feeds/new")
@roles_required(*CHANGERS)
def new(server_id: int) -> ResponseReturnValue:
    """Select customers to connect. The list is included if it is cached or requested."""
    server = _server(server_id)
    cache_key = customers.cache_key(server)
    if "read" in request.args or customers.load_cached(current_settings(), cache_key) is not None:
        return _page(_find(server))
    return _page(None)


@blueprint.route("/servers/<int:server_id>/customers", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def index(server_id: int) -> ResponseReturnValue:
    """htmx fragment: the customers that match a search, and the selected ones.

    A POST searches as well, because a selection may exceed the length of a URL. A selection that
    aborted a search, or finds no list, replaces the list, not only the selected ones.
    """
    found = _find(_server(server_id))
    response = make_response(render_template("console/customers/_customers.html", **_shown(found)))
    if not found.fleet or request.form.get("listed_for", found.text) != found.text:
        response.headers.extend(_REPLACE_LIST)
    return response


@blueprint.get("/servers/<int:server_id>/accounts")
@roles_required(*CHANGERS)
def suggest(server_id: int) -> str:
    """htmx fragment: the first accounts whose name has the text of a field."""
    server = _server(server_id)
    text = next((value for value in request.args.values()), "")
    return render_template("console/customers/_accounts.html", accounts=_suggested(server, text))


@blueprint.post("/servers/<int:server_id>/feeds/new")
@roles_required(*CHANGERS)
def connect(server_id: int) -> ResponseReturnValue:
    """Connect the selected customers, or all that match; without JavaScript also search."""
    found = _find(_server(server_id))
    action = request.form.get("action", "")
    if action in ("search", "fresh", "one") or found.error:
        return _page(found)
    if action == "all" and found.unmapped:
        plan = assign_accounts(db.session(), _server(), found.unmapped, found.fleet)
        new_accounts = sum(one.account_id is None for one in plan)
        return render_template(
            "console/customers/all.html", found=found, server=_server(), new_accounts=new_accounts
        )
    if found.gone:
        return _page(
            found, gettext("Some of the selected customers are no longer in Printerpoint.")
        )
    if not found.choices and action != "all-confirmed":
        if found.already:  # the second of two clicks
            return redirect(url_for("servers.show", server_id=server_id))
        return _page(found, gettext("Choose at least one customer."))
    try:
        made = _create_feeds(_server(), found, everyone=action == "all-confirmed").new
    except Conflict as error:
        db.session.rollback()
        return _page(_find(_server()), str(error))
    for feed in made:
        context.record_action("feeds connected", feed.customer_name, feed.account)
    db.session.commit()
    if made:
        message = ngettext(
            "%(number)s customer connected. Its meters are read within minutes; counting starts "
            "from that reading.",
            "%(number)s customers connected. Their meters are read within minutes; counting "
            "starts from those readings.",
            len(made),
            number=filters.number(len(made)),
        )
        flash(message, "success")
    return redirect(url_for("servers.show", server_id=server_id))


def _create_feeds(server: Server, found: Found, *, everyone: bool) -> ConnectedFeeds:
    """Create the feeds of the selected customers, or of all that match. Raises Conflict."""
    session, now = db.session(), clock.now()
    if everyone:
        return feeds.create_all_feeds(session, server, found.unmapped, now, found.fleet)
    pairs = [(choice.customer, choice.account) for choice in found.choices]
    return feeds.create_chosen_feeds(session, server, pairs, now, found.fleet)


def _server(server_id: int | None = None) -> Server:
    """Return the server of this address. Raises Conflict if it was removed."""
    wanted = (request.view_args or {})["server_id"] if server_id is None else server_id
    server = access.server(db.session(), context.viewer(), wanted)
    if server.removed_at is not None:
        raise Conflict(
            gettext(
                "%(name)s has been removed. Add the server again to add feeds.", name=server.name
            )
        )
    return server


def _find(server: Server) -> Found:
    """Search the server's customers for the text of this request."""
    found = Found(listing.search_text())
    try:
        known = _load_customers(server)
    except (PrinterpointError, DecryptionError) as error:
        lost = gettext("The stored token can no longer be decrypted. Enter the token again.")
        found.error = error.message if isinstance(error, PrinterpointError) else lost
        found.selected = [(key, _account_for(key)) for key in sorted(_chosen_keys())]
        return found
    server = _server()
    matcher = FeedMatcher(db.session(), server, known)
    matching = customers.matching(known, found.text)
    found.fleet, found.matching = known, len(matching)
    found.unmapped = matcher.unmapped(matching)
    found.renamed = matcher.renamed(matching)
    found.shown = matcher.candidates(matching[:_SHOWN])
    _choose(found, known, matcher)
    return found


def _choose(found: Found, known: Sequence[Customer], matcher: FeedMatcher) -> None:
    """Find the selected customers in the fleet."""
    keys = _chosen_keys()
    for customer in known if keys else ():
        key = customers.key(customer)
        if key not in keys:
            continue
        keys.remove(key)
        if matcher.feed_id_of(customer) is None:
            found.choices.append(Choice(key, customer, _account_for(key)))
        else:
            found.already += 1
    found.gone = len(keys)
    chosen = [choice.customer for choice in found.choices]
    plan = assign_accounts(db.session(), _server(), chosen, known) if chosen else ()
    for choice, assignment in zip(found.choices, plan, strict=True):
        choice.own = assignment.name


def _load_customers(server: Server) -> Sequence[Customer]:
    """Return the customers of a server, from the cache or from Printerpoint.

    Raises PrinterpointError, DecryptionError. The transaction ends here: load rows again.
    """
    settings, cache_key = current_settings(), customers.cache_key(server)
    if request.form.get("action") != "fresh":
        known = customers.load_cached(settings, cache_key)
        if known is not None:
            return known
    server_id, healthy = server.id, server.health == "healthy"
    client = clients.client_of(settings, server, CUSTOMER_LIST_LIMITS)
    db.session.rollback()  # no transaction is open during the call
    try:
        with client.fleet() as fleet:
            known = fleet.customers()
    except PrinterpointError:
        if healthy:
            _enqueue_check(server_id)
        raise
    if not healthy:
        _enqueue_check(server_id)
    customers.cache(settings, cache_key, known)
    return known


def _enqueue_check(server_id: int) -> None:
    """Enqueue a health check, because a search itself does not record health."""
    try:
        queue.check_server(current_settings(), server_id)
    except queue.QueueDown as error:
        log.info("server %s is checked at the next hour: %s", server_id, error)


def _chosen_keys() -> set[str]:
    """Return the selected keys: a box unchecked in either list removes a customer."""
    values = {name: set(request.form.getlist(name)) for name in _LISTS}
    taken_out = (values["listed"] - values["chosen"]) | (values["shown"] - values["customer"])
    return (values["chosen"] | values["customer"]) - taken_out


def _account_for(key: str) -> str:
    """Return the name of the account chosen for a customer, or for all; empty: its own."""
    name = "one-account" if request.form.get("action") == "one" else f"account-{key}"
    return " ".join(request.form.get(name, "").split())


def _suggested(server: Server, text: str) -> Sequence[str]:
    viewer, partner_id = context.viewer(), server.account_id
    return accounts.customer_names(
        db.session(), viewer, partner_id, _ACCOUNTS_SUGGESTED, " ".join(text.split())
    )


def _page(found: Found | None, message: str = "") -> ResponseReturnValue:
    """Render the page; with None it loads the list itself."""
    values = _shown(found) if found else {"found": None, "server": _server()}
    return render_template("console/customers/new.html", message=message, **values), (
        422 if message else 200
    )


def _shown(found: Found) -> dict[str, Any]:
    """Return the data of the list."""
    session, viewer, partner_id = db.session(), context.viewer(), _server().account_id
    chosen = [choice.account_name for choice in found.choices]
    return {
        "found": found,
        "server": _server(),
        "keys": {choice.key for choice in found.choices},
        "key_of": customers.key,
        "accounts": _suggested(_server(), ""),
        "existing_accounts": accounts.existing_names(session, viewer, partner_id, chosen),
    }
