"""Journeys through the console, each with JavaScript and without it."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.visit import Visit
from tests.factories import PASSWORD
from webapp.settings import ROOT

_LOGO = ROOT / "static" / "favicon.svg"


def press(page: Page | Locator, *names: str) -> None:
    """Press buttons of a page or a part of it, one after another."""
    for name in names:
        page.get_by_role("button", name=name, exact=True).first.click()


def expect_text(page: Page, text: str) -> None:
    """Wait until the page shows a text."""
    expect(page.get_by_role("main")).to_contain_text(text)


def test_feeds_are_filtered_selected_deactivated_and_reactivated(visit: Visit) -> None:
    page = visit.page_as("partner_admin")
    visit.open(page, "/feeds?q=Branch&sort=customer")
    boxes = page.get_by_role("checkbox", name="Choose Branch")
    boxes.nth(0).check()
    boxes.nth(1).check()
    press(page, "Deactivate …")
    expect_text(page, "Deactivate 2 feeds?")
    press(page, "Deactivate 2 feeds")
    expect_text(page, "2 feeds deactivated")
    expect(page).to_have_url(re.compile("q=Branch"))

    page.get_by_label("Status").select_option("inactive")
    if not visit.javascript:
        press(page.get_by_role("main"), "Search")
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    boxes.nth(0).check()
    boxes.nth(1).check()
    press(page, "Reactivate …", "Reactivate 2 feeds")
    expect_text(page, "2 feeds reactivated")


def test_selected_certificates_are_downloaded_as_one_archive(visit: Visit) -> None:
    page = visit.page_as("partner_admin")
    visit.open(page, "/certificates?month=2026-10")
    drawn = page.locator("#rows tbody tr").filter(has=page.get_by_role("link", name="PDF"))
    drawn.first.get_by_role("checkbox").check()
    with page.expect_download() as download:
        press(page, "Download the PDFs")
    assert download.value.suggested_filename.endswith(".zip")

    with page.expect_download() as download:
        press(page, "Export selected, or all: CSV")
    assert len(Path(download.value.path()).read_text("utf-8-sig").splitlines()) == 2


def test_a_collection_waits_in_two_tabs_and_is_cancelled(visit: Visit) -> None:
    page = visit.page_as("partner_admin")
    visit.open(page, "/servers/{server}")
    press(page, "Collect now")
    page.wait_for_url("**/collections/*")
    expect_text(page, "This page updates automatically")
    page.reload()
    expect_text(page, "This page updates automatically")
    second = page.context.new_page()
    second.goto(page.url)
    expect_text(second, "This page updates automatically")

    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Cancel the collection").click()
    # The flashed message is in whichever tab loads its page first.
    expect_text(page, "Canceled by Nora Winters")

    if not visit.javascript:
        second.reload()
    expect_text(second, "Canceled by Nora Winters")


def test_pages_under_review_are_accepted_and_the_case_is_reopened(visit: Visit) -> None:
    page = visit.page_as("partner_admin")
    visit.open(page, "/review")
    page.locator("#rows tbody th a").first.click()
    page.wait_for_url("**/review/*")
    case = page.url
    page.get_by_role("button", name="Accept").first.click()
    expect_text(page, "Decision saved. ")
    page.goto(case)
    press(page, "Reopen")
    expect_text(page, "Count these pages")


def test_an_invited_user_accepts_and_sees_only_their_own_data(visit: Visit) -> None:
    name = "Pia Blum" if visit.javascript else "Pio Blum"
    email = f"{name[:3].lower()}@harbour.example"
    nora = visit.page_as("partner_admin")
    visit.open(nora, "/users/new?account={customer}")
    nora.get_by_label("Full name").fill(name)
    nora.get_by_label("Email").fill(email)
    press(nora, "Create a link instead")
    link = nora.locator("input[readonly]").first.input_value()

    pia = visit.page_as()
    pia.goto(visit.served_app.address + link[link.index("/invitations/") :])
    for field in pia.locator("main input[type=password]").all():
        field.fill(PASSWORD)
    press(pia, "Save and log in")
    expect_text(pia, "Harbour Architects, LLP")
    visit.open(pia, "/certificates")
    expect(pia.locator("#rows tbody tr").first).to_be_visible()
    refused = pia.goto(f"{visit.served_app.address}/servers")
    assert refused is not None
    assert refused.status == 403

    press(pia, "Log out")
    pia.wait_for_url("**/login*")
    pia.get_by_label("Email").fill(email)
    pia.get_by_label("Password").fill(PASSWORD)
    press(pia, "Log in")
    expect_text(pia, "Harbour Architects, LLP")


def test_a_customer_downloads_prints_and_shares(visit: Visit) -> None:
    cara = visit.page_as("customer")
    visit.open(cara, "/certificates?month=2026-10")
    cara.locator("#rows tbody th a").first.click()
    cara.wait_for_url("**/certificates/R-*")
    with cara.expect_download() as download:
        cara.get_by_role("link", name="PDF").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    visit.open(cara, "/accounts/{customer}/years/2026")
    expect(cara.get_by_role("heading", level=1)).to_contain_text("2026")
    # The sum of the certificates of the year: August, September and October.
    expect_text(cara, f"{2_469_134 + 812 + 1_234_567_890:,} pages")

    visit.open(cara, "/accounts/{customer}/sharing")
    if cara.get_by_role("button", name="Turn on").count():
        press(cara, "Turn on")
    badge = cara.get_by_role("img", name="The current badge").get_attribute("src")
    guest = visit.page_as()
    response = guest.goto(visit.served_app.address + str(badge))
    assert response is not None
    assert response.status == 200
    press(cara, "Hide the name")
    cara.get_by_role("link", name="View the public page").click()
    expect_text(cara, "R-2026-")
    public = cara.url
    guest.goto(public)
    expect(guest.get_by_role("main")).not_to_contain_text("Harbour Architects")
    visit.open(cara, "/accounts/{customer}/sharing")
    press(cara, "Show the name")
    guest.goto(public)
    expect_text(guest, "Harbour Architects")
    press(cara, "Turn off")
    gone = visit.page_as().goto(visit.served_app.address + str(badge))
    assert gone is not None
    assert gone.status == 404


def test_a_partner_has_its_own_colour_and_logo(visit: Visit) -> None:
    page = visit.page_as("partner_admin")
    visit.open(page, "/accounts/{partner}/brand")
    page.locator("input[name=colour]").fill("#eeeeee")
    press(page, "Save")
    expect_text(page, "contrast")
    page.locator("input[name=colour]").fill("#7a1f5c")
    page.locator("input[type=file]").set_input_files(_LOGO)
    press(page, "Save")
    expect(page.locator(".brand-logo img").first).to_be_attached()
    visit.open(page, "/accounts/{partner}/brand")
    page.get_by_role("link", name="Remove the logo").click()
    page.get_by_role("button", name="Remove the logo").click()
    expect_text(page, "The logo has been removed")


def test_the_language_of_the_page_changes_and_changes_back(visit: Visit) -> None:
    page = visit.page_as("partner_viewer")
    visit.open(page, "/feeds")
    press(page, "Español (Latinoamérica)")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vínculos")
    press(page, "English (US)")
    expect(page.get_by_role("heading", level=1)).to_have_text("Feeds")


def test_operations_add_a_partner_and_find_it_in_the_trail(visit: Visit) -> None:
    name = "Lakeside Office" if visit.javascript else "Hillside Office"
    page = visit.page_as("operations")
    visit.open(page, "/accounts/new")
    page.get_by_label("Name").fill(name)
    page.get_by_role("main").get_by_role("button", name="Add").first.click()
    expect_text(page, f"{name} has been added")
    page.get_by_role("link", name="Invite a user").click()
    expect_text(page, "Administrator")

    visit.open(page, "/audit")
    page.get_by_role("main").get_by_role("searchbox").fill(name)
    if not visit.javascript:
        press(page.get_by_role("main"), "Search")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.wait_for_url("**q=*")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert name in Path(download.value.path()).read_text("utf-8-sig")
    visit.open(page, "/operations")
    expect_text(page, "Schedule")
