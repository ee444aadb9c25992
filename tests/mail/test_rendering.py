"""The templates of emails: subject, text and HTML of each kind."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask_babel import force_locale

from webapp.domain.reasons import reason
from webapp.mail import EmailBranding, EmailContent, render
from webapp.queries.device_status import StatusCounts
from webapp.services.notifications.health_items import HealthItem
from webapp.settings import ROOT

pytestmark = pytest.mark.usefixtures("public_app")

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
NAME = "<b>Nord & Süd</b>"

COMMON = {
    "branding": EmailBranding(name=NAME),
    "unsubscribe_url": "https://releaf.example/unsubscribe/token",
}


def item(*, server: bool = False, healthy: bool = False) -> HealthItem:
    """A server or a feed with a name that is not HTML."""
    return HealthItem(
        kind="server" if server else "feed",
        id=7,
        name=NAME,
        healthy=healthy,
        reason=reason("device_error", name=NAME),
        since=NOW,
        zone=ZoneInfo("America/New_York"),
        last_data_on=date(2026, 11, 10),
        server_name=NAME,
        changes=3,
        changed_since=NOW,
        outages=[reason("device_error", name=NAME)],
    )


OVERLAP = SimpleNamespace(
    server_id=7,
    name=NAME,
    partner_name=NAME,
    other_name=NAME,
    other_partner_name=NAME,
    shared=1_200,
    found_at=NOW,
)
ACCESS = {
    "title": NAME,
    "link": "https://releaf.example/invitations/x",
    "email": NAME,
    "account": NAME,
    "invited": False,
    "hours": None,
}
CERTIFICATE = SimpleNamespace(
    number="R-2026-10-000001",
    public_id="x" * 32,
    account_name=NAME,
    partner_name=NAME,
    project=NAME,
    pages=8_333,
    trees=Decimal(1),
)
MONTH = {"certificate": CERTIFICATE, "month": date(2026, 10, 1)}
#: Subject, template and values of emails.
EMAILS: list[tuple[str, str, Mapping[str, object]]] = [
    ("server", "health", {"items": [item(server=True)]}),
    ("server", "health", {"items": [item(server=True, healthy=True)]}),
    ("feed", "health", {"items": [item(), item(), item(healthy=True)]}),
    ("feed", "health", {"items": [item(healthy=True)]}),
    ("server", "frequent", {"item": item(server=True)}),
    ("feed", "frequent", {"item": item(healthy=True)}),
    (
        "digest",
        "digest",
        {
            "partner": NAME,
            "servers": [item(server=True)],
            "feeds": [item(), item()],
            "listed": 2,
            "review": 1,
            "devices": StatusCounts(silent=1, missing=2),
        },
    ),
    ("nights", "nights_stopped", {"since": NOW, "finished_at": None}),
    ("nights", "nights_stopped", {"since": NOW, "finished_at": NOW}),
    ("nights", "nights_resumed", {"finished_at": NOW}),
    ("approval", "approval", {"overlap": OVERLAP}),
    ("access", "access", {**ACCESS, "purpose": "invitation", "invited": True, "hours": 168}),
    ("access", "access", {**ACCESS, "purpose": "reset", "hours": 1}),
    ("access", "access", {**ACCESS, "purpose": "email", "hours": 24}),
    ("access", "access", {**ACCESS, "purpose": "changed"}),
    ("certificate", "certificate", {**MONTH, "is_attached": True}),
    ("certificate", "certificate", {**MONTH, "is_attached": False}),
]


def of(subject: str, template: str, values: Mapping[str, object]) -> EmailContent:
    """The content of an email."""
    return render(template, {**COMMON, **values, "subject": subject})


def words(markup: str) -> str:
    """The words that a reader of HTML sees."""
    body = markup[markup.index("<body") :]
    return " ".join(unescape(re.sub("<[^>]*>", " ", body)).split())


def test_each_template_is_tested() -> None:
    shared = {"why", "items"}
    templates = {path.stem for path in (ROOT / "templates" / "mail").glob("*.jinja")}

    assert {template for _, template, _ in EMAILS} == templates - shared


@pytest.mark.parametrize(("subject", "template", "values"), EMAILS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_names_are_escaped_in_html_only(
    subject: str, template: str, values: Mapping[str, object], language: str
) -> None:
    with force_locale(language):
        email = of(subject, template, values)

    assert "<b>" not in email.html
    assert "&amp;lt;" not in email.html
    assert "&lt;b&gt;Nord &amp; Süd&lt;/b&gt;" in email.html
    assert "&lt;" not in email.subject + email.plain
    assert "\n" not in email.subject
    assert email.plain.startswith(f"{email.subject}\n\n")


@pytest.mark.parametrize(("subject", "template", "values"), EMAILS)
def test_text_and_html_have_the_same_content(
    subject: str, template: str, values: Mapping[str, object]
) -> None:
    email = of(subject, template, values)

    facts = re.findall(r"^  ([A-Z][^:]*): (.*)", email.plain, re.MULTILINE)
    seen = words(email.html).replace("What to do: ", "What to do ")
    assert facts
    for name, value in facts:
        assert f"{name} {value}" in seen
    addresses = re.findall(r"https://releaf.example\S*", email.plain)
    assert set(addresses) == set(re.findall('href="(.*?)"', email.html))


def test_the_text_of_an_email_is_in_paragraphs() -> None:
    email = of("nights", "nights_stopped", {"since": NOW, "finished_at": None})

    assert email.plain.split("\n") == [
        "No nightly run has finished for 26 hours",
        "",
        "No nightly collection of any server has finished for 26 hours.",
        "",
        "No nightly run has finished",
        "  Last one finished: never",
        "  Overdue since: Nov 17, 2026, 9:30 AM UTC",
        "  What to do: Check that the workers and the scheduler are running and that Redis and the "
        "database are reachable. No pages are lost: the next nightly run collects what was missed.",
        "  https://releaf.example/collections",
        "",
        "-- ",
        "You are receiving this because email notifications about nightly runs are on.",
        "Email notifications: https://releaf.example/notices",
        "Unsubscribe: https://releaf.example/unsubscribe/token",
        "",
    ]


def test_an_email_without_a_color_of_the_partner_has_the_accent_of_the_pages() -> None:
    style = (ROOT / "static" / "app.css").read_text()

    email = of("access", "access", {**ACCESS, "purpose": "changed"})

    accent = re.search(r"--accent: (#\w{6});", style)
    assert accent is not None
    assert set(re.findall(r"background:(#\w+);color:#ffffff", email.html)) == {accent[1]}
