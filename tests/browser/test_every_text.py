"""Every text of every page is translated by the catalogue, except stored data."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from flask_babel import Domain
from sqlalchemy import select

from tests.browser import page_urls
from tests.browser.marked import Marking, unmarked
from tests.browser.served_app import ServedApp
from tests.database import open_session
from webapp.models import (
    Account,
    AuditEntry,
    Brand,
    Certificate,
    Delta,
    Device,
    Feed,
    FeedNote,
    Mail,
    SavedView,
    Server,
    User,
)

#: Columns with names from users and Printerpoint, which are shown unchanged.
_DATA = (
    Account.name, Account.time_zone, AuditEntry.subject, Brand.name, Certificate.account_name,
    Certificate.number, Certificate.partner_name, Certificate.project, Delta.reason,
    Device.asset_id, Device.serial_number, Feed.customer_id, Feed.customer_name, FeedNote.text,
    Mail.error, Mail.key, Mail.plain, Mail.title, SavedView.name, Server.name, User.email,
    User.full_name,
)  # fmt: skip
_MONTHS = "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
#: Words that are the same in every language. The name of a month begins a text as a sentence.
_NAMES = re.compile(
    r"English \((?:US|UK)\)|Español \((?:Latinoamérica|España)\)|"
    r"Releaf|Printerpoint|My Account|Account Settings|API Access|CSV|Excel|SVG|"
    r"PDF|LinkedIn|UTC|[A-Z]{3,4}|MAIL_URL|releaf|https?://\S+|/\S+|\S+@\S+|R-[\w-]+|"
    rf"^(?:{_MONTHS.title()})\b|(?!^)(?:{_MONTHS})|"
    r"\b(?i:ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic)\b|"
    r"\bde\b|[ap]\.m\.|hora (?:oriental|de Europa central)|Estados Unidos|Harbour Hotel|"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|"  # the id of a job
    r"operator.truediv|division by zero|ZeroDivisionError:|Typed one digit too many|Opción inválida"
)


@pytest.fixture
def marking(served_app: ServedApp, monkeypatch: pytest.MonkeyPatch) -> ServedApp:
    """The application, where Spanish is a language that only marks."""
    monkeypatch.setattr(Domain, "get_translations", lambda _: Marking())
    return served_app


def visits() -> Iterator[tuple[str, str]]:
    """Every page and part, once for each role."""
    for shown in (page_urls.PAGES, page_urls.PARTS):
        for endpoint, paths in shown.items():
            yield from ((role, path) for path in paths for role in page_urls.roles(endpoint))
    for who, paths in page_urls.EMPTY.items():
        yield from ((who, path) for path in paths)
    yield from ((who, path) for who, path, _ in page_urls.REFUSALS)


def test_every_text_of_every_page_can_be_translated(marking: ServedApp) -> None:
    data = known(marking)
    left: dict[str, set[str]] = {}

    for who, path in visits():
        address = path.format_map(marking.ids)
        response = visitor(marking, who).get(address, headers={"Accept-Language": "es"})
        if response.status_code == 302:
            continue
        for piece in unmarked(response.text):
            rest = _NAMES.sub("", without(piece, data))
            if re.search(r"[^\W\d_]{2,}", rest):
                left.setdefault(piece[:120], set()).add(path)

    assert left == {}


def test_every_error_of_an_empty_form_can_be_translated(marking: ServedApp) -> None:
    data = known(marking)
    left: dict[str, set[str]] = {}

    for who, path in page_urls.REFUSED_FORMS:
        address = path.format_map(marking.ids)
        client = visitor(marking, who)
        page = client.get(address, headers={"Accept-Language": "es"}).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token, path
        response = client.post(
            address, data={"csrf_token": token[1]}, headers={"Accept-Language": "es"}
        )
        if response.status_code == 302:
            continue
        for piece in unmarked(response.text):
            if re.search(r"[^\W\d_]{2,}", _NAMES.sub("", without(piece, data))):
                left.setdefault(piece[:120], set()).add(path)

    assert left == {}


def visitor(served_app: ServedApp, who: str) -> FlaskClient:
    """A browser of a user."""
    client = served_app.app.test_client()
    if who in served_app.cookies:
        client.set_cookie(served_app.app.config["SESSION_COOKIE_NAME"], served_app.cookies[who])
    return client


def known(served_app: ServedApp) -> list[str]:
    """Names from users and Printerpoint, the longest first."""
    found: set[str] = set()
    with open_session(served_app.app.config["SQLALCHEMY_DATABASE_URI"]) as session:
        for column in _DATA:
            found |= {str(value) for value in session.scalars(select(column)) if value}
    lines = {" ".join(line.split()) for text in found for line in text.split("\n")}
    return sorted(lines - {""}, key=len, reverse=True)


def without(piece: str, data: list[str]) -> str:
    """A piece without the data in it."""
    for text in data:
        if text in piece:
            piece = piece.replace(text, "")
    return piece
