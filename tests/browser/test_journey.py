"""The journey of a month through the front door: a browser, a web process, a worker, a sandbox."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import (
    Browser,
    Locator,
    Page,
    expect,
)
from sqlalchemy import select

from jobs import month_end
from jobs.collection import collect
from tests import factories
from tests.browser.visit import new_context, record_errors
from tests.database import engine, open_session
from tests.environment.redis_server import RedisServer
from tests.jobs.browser import web
from tests.jobs.processes import worker
from tests.world import running_app
from webapp import clock
from webapp.domain.months import Month
from webapp.models import Feed, Server
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.accounts import users
from webapp.services.collection import requests
from webapp.settings import Settings

PASSWORD = "correct horse battery staple"
CUSTOMER = "Harbour Architects, LLP"


@dataclass
class RunningService:
    """A running service: its address, and the link of an invitation."""

    address: str
    link: str
    config: Settings
    printerpoint: Sandbox

    def night(self, day: date) -> None:
        """The night that closes a day, at its own time."""
        with open_session(self.config.database_url) as session:
            server = session.scalars(select(Server)).one()
            zone = server.account.zone
            now = datetime.combine(day + timedelta(days=1), time(0, 20), tzinfo=zone)
            self.printerpoint.set_time(now)
            wanted = requests.request(session, server, day=day, kind="scheduled", now=now)
            session.commit()
        with running_app(self.config):
            collect(wanted.id, now=lambda: now)

    def close_month(self, month: Month) -> None:
        """Close the month of the only account, after its grace."""
        with open_session(self.config.database_url) as session:
            account = session.scalars(select(Feed)).one().account
            day = month.next().first.replace(day=3)
            now = datetime.combine(day, time(12), tzinfo=account.zone)
        with running_app(self.config):
            certificate, reason = month_end.issue(account.id, month, now=lambda: now)
        assert certificate is not None, reason


@pytest.fixture
def service(
    settings: Settings, redis_server: RedisServer, tmp_path: Path
) -> Iterator[RunningService]:
    """The service, running, and the invitation of a new partner's administrator."""
    with ExitStack() as stack:
        printerpoint = stack.enter_context(Sandbox())
        config = replace(settings, redis_url=redis_server.url, printerpoint_url=printerpoint.url)
        with open_session(config.database_url) as session:
            partner = factories.partner(session, name="Northwind Print")
            _, token = users.invite(
                session,
                partner,
                email="nora@northwind.example",
                full_name="Nora Winters",
                role="partner_admin",
                now=clock.now(),
            )
            session.commit()
        address = stack.enter_context(web(config, tmp_path / "web.log"))
        stack.enter_context(worker(config, output=tmp_path / "worker.log"))
        yield RunningService(address, f"{address}/invitations/{token}", config, printerpoint)
    engine(config.database_url).dispose()


@pytest.fixture
def printers(service: RunningService) -> None:
    """Two customers in Printerpoint."""
    for name, customer_id, serial in (
        (CUSTOMER, "HARB01", "CNB1L2M345"),
        ("Rosie's Bakery", None, "CNB9"),
    ):
        customer = service.printerpoint.add_customer(name, customer_id=customer_id)
        service.printerpoint.add_printer(customer, serial=serial, asset="A-1", count=1_000)


def accept_invitation(page: Page, service: RunningService) -> None:
    """Accept the invitation: choose a password."""
    page.goto(service.link)
    for field in page.locator("main input[type=password]").all():
        field.fill(PASSWORD)
    page.get_by_role("button", name="Save and log in").click()
    expect(page.get_by_role("heading", name="Northwind Print")).to_be_visible()


def register_server(page: Page, service: RunningService) -> None:
    """Register the server, first with a token that is refused."""
    page.goto(f"{service.address}/servers/new")
    page.get_by_label("API token").fill("a-wrong-token")
    page.get_by_label("Name").fill("Our Printerpoint")
    page.get_by_role("button", name="Test and save").click()
    expect(page.get_by_role("alert")).to_contain_text("Printerpoint rejected this token")
    expect(page.get_by_label("API token")).to_have_value("")
    expect(page.get_by_label("Name")).to_have_value("Our Printerpoint")
    page.get_by_label("API token").fill(service.printerpoint.token)
    page.get_by_role("button", name="Test and save").click()
    expect(page.get_by_role("heading", name="Our Printerpoint")).to_be_visible()


def add_feed_by_keyboard(page: Page, service: RunningService) -> None:
    """Search for a customer and connect it by keyboard only."""
    page.goto(f"{service.address}/servers/1/feeds/new")
    expect(page.get_by_text("2 customers")).to_be_visible()
    page.get_by_role("main").get_by_role("searchbox").focus()
    page.keyboard.type("harb")
    expect(page.get_by_text("1 of 2 customers")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#chosen")).to_contain_text(CUSTOMER)
    button = page.locator("button[value=connect]")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/feeds/new" not in url)
    page.goto(f"{service.address}/feeds/1")
    expect(page.get_by_role("heading", name=CUSTOMER)).to_be_visible()


@pytest.mark.usefixtures("printers")
def test_the_journey_of_a_month(service: RunningService, chromium: Browser) -> None:
    context = new_context(chromium)
    page = context.new_page()
    errors: list[str] = []
    record_errors(page, errors, 422)
    accept_invitation(page, service)
    register_server(page, service)
    add_feed_by_keyboard(page, service)

    page.get_by_role("button", name="Collect now").click()
    expect(page.get_by_role("heading", name="Results")).to_be_visible()
    today = clock.now().date()
    month = Month.of(today + timedelta(days=2)).next()
    for day, pages in ((month.first, 0), (month.first + timedelta(days=1), 250), (month.last, 83)):
        service.printerpoint.print_pages("CNB1L2M345", pages)
        service.night(day)
    service.close_month(month)

    page.goto(f"{service.address}/certificates")
    expect(page.get_by_role("table")).to_contain_text("333")
    page.get_by_role("table").locator("tbody").get_by_role("link").first.click()
    page.wait_for_url("**/certificates/R-*")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="PDF").first.click()
    text = text_of(downloading.value.path())
    assert "Certificate of Reforestation" in text
    assert CUSTOMER in text
    assert "333" in text
    assert "0.04" in text
    public = page.locator("a[href*='/c/']").first.get_attribute("href")
    check_public_page(chromium, service, public or "")
    page.goto(f"{service.address}/reconciliation")
    expect(page.get_by_text("Every page is accounted for")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(lambda url: "/login" in url)
    page.goto(f"{service.address}/feeds/1")
    expect(page).to_have_url(f"{service.address}/login?next=/feeds/1")
    context.close()
    assert errors == []


def text_of(path: Path) -> str:
    """The text of a PDF of one page."""
    document = pypdfium2.PdfDocument(path)
    assert len(document) == 1
    return str(document[0].get_textpage().get_text_bounded())


def check_public_page(chromium: Browser, service: RunningService, public: str) -> None:
    """Open the public page of a certificate without a login."""
    context = new_context(chromium)
    page = context.new_page()
    # The address on the certificate is the configured one; this test's web has another port.
    page.goto(f"{service.address}/c/{public.rsplit('/', 1)[1]}")
    expect(page.get_by_role("main")).to_contain_text(CUSTOMER)
    expect(page.get_by_role("main")).to_contain_text("333")
    context.close()


@pytest.mark.usefixtures("printers")
def test_a_server_is_registered_and_a_feed_connected_without_javascript(
    service: RunningService, chromium: Browser
) -> None:
    context = new_context(chromium, java_script_enabled=False)
    page = context.new_page()
    accept_invitation(page, service)
    register_server(page, service)

    page.goto(f"{service.address}/servers/1/feeds/new")
    page.get_by_role("link", name="Show the customers").click()
    page.get_by_label(CUSTOMER).first.check()
    page.locator("button[value=connect]").click()
    page.wait_for_url(lambda url: "/feeds/new" not in url)

    page.goto(f"{service.address}/feeds")
    expect(page.get_by_role("main")).to_contain_text(CUSTOMER)
    context.close()


@pytest.mark.usefixtures("printers")
@pytest.mark.parametrize("javascript", [True, False])
def test_a_server_is_registered_and_a_feed_added_by_keyboard_alone(
    service: RunningService, chromium: Browser, javascript: bool
) -> None:
    context = new_context(chromium, java_script_enabled=javascript)
    page = context.new_page()
    page.goto(service.link)
    for field in page.locator("main input[type=password]").all():
        tab_to(page, field)
        page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Northwind Print")).to_be_visible()

    tab_to(page, page.get_by_role("main").get_by_role("link", name="Add a server").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/servers/new")
    tab_to(page, page.get_by_label("API token"))
    page.keyboard.type(service.printerpoint.token)
    page.keyboard.press("Enter")
    page.wait_for_url("**/servers/1")
    tab_to(page, page.get_by_role("link", name="Add feeds").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/feeds/new")
    if not javascript:
        tab_to(page, page.get_by_role("link", name="Show the customers"))
        page.keyboard.press("Enter")
    expect(page.get_by_text("2 customers")).to_be_visible()
    tab_to(page, page.get_by_label(CUSTOMER).first)
    page.keyboard.press("Space")
    if javascript:  # what is chosen is drawn anew, and the button with it
        expect(page.locator("#chosen")).to_contain_text(CUSTOMER)
    tab_to(page, page.locator("button[value=connect]"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/feeds/new" not in url)

    page.goto(f"{service.address}/feeds")
    expect(page.get_by_role("main")).to_contain_text(CUSTOMER)
    context.close()


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus: it can be reached, and from where one is."""
    expect(wanted).to_be_visible()
    for _ in range(60):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {wanted}")
