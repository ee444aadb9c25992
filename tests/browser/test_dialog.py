"""Actions that need confirmation open a dialog over the page, or a page."""

import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.served_app import ServedApp
from tests.browser.validators import Axe

#: Pages, links on them that need confirmation, and its title.
CONFIRMED = {
    "/feeds/{feed}": [("Deactivate", "Deactivate "), ("Remove", "Remove ")],
    "/servers/{server}": [("Remove", "Remove ")],
    "/users/{user}": [("Disable", "Disable ")],
    "/collections/{running_collection}": [("Cancel", "Cancel the collection of ")],
    "/accounts/{customer}/sharing": [("New address", "Create a new badge address?")],
}


@pytest.mark.parametrize("path", CONFIRMED)
def test_a_confirmation_opens_over_the_page_and_is_closed_again(
    page: Page, served_app: ServedApp, path: str
) -> None:
    address = served_app.address + path.format_map(served_app.ids)
    page.goto(address)
    title = page.title()
    for name, question in CONFIRMED[path]:
        link = page.get_by_role("main").get_by_role("link", name=name, exact=True)
        link.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name=question)
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("link")).to_be_focused()
        assert (page.url, page.title()) == (address, title)

        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(link).to_be_focused()

        link.click()
        dialog.get_by_role("link").click()
        expect(dialog).to_be_hidden()
        link.click()
        expect(dialog).to_be_visible()
        page.mouse.click(5, 5)
        expect(dialog).to_be_hidden()
        expect(page).to_have_url(address)


def test_an_automatic_update_does_not_move_the_focus(page: Page, served_app: ServedApp) -> None:
    page.goto(served_app.address + "/collections/{running_collection}".format_map(served_app.ids))
    link = page.get_by_role("link", name="Cancel", exact=True)
    before = link.element_handle()
    assert before is not None
    link.focus()
    page.wait_for_function("(link) => !link.isConnected", arg=before)

    expect(link).to_be_focused()


def test_a_modified_click_opens_the_page_of_the_confirmation(
    page: Page, served_app: ServedApp
) -> None:
    page.goto(served_app.address + "/feeds/{feed}".format_map(served_app.ids))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Remove", exact=True).click(modifiers=["ControlOrMeta"])

    assert opened.value.url.endswith("/remove")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_the_dialog(
    page: Page, served_app: ServedApp, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(served_app.address + "/servers/{server}".format_map(served_app.ids))
    page.get_by_role("link", name="Remove", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe = Axe()
    axe.inject(page)

    assert axe.violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") == 360


def test_a_confirmation_that_is_no_longer_possible_leads_to_its_page(
    page: Page, served_app: ServedApp
) -> None:
    page.goto(served_app.address + "/collections/{running_collection}".format_map(served_app.ids))
    done = served_app.address + "/collections/{collection}".format_map(served_app.ids)
    # At once: the page updates itself, and has another link afterwards.
    page.get_by_role("link", name="Cancel", exact=True).evaluate(
        "(link, address) => { link.href = `${address}/cancel`; link.click(); }", done
    )

    page.wait_for_url(done)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_service_that_does_not_answer_is_reported_on_the_page(
    page: Page, served_app: ServedApp
) -> None:
    page.goto(served_app.address + "/feeds/{feed}".format_map(served_app.ids))
    page.context.set_offline(True)
    page.get_by_role("link", name="Remove", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_double_click_sends_a_form_once(page: Page, served_app: ServedApp) -> None:
    page.goto(served_app.address + "/users/new?account={customer}".format_map(served_app.ids))
    page.get_by_label("Full name").fill("Twice Clicked")
    page.get_by_label("Email").fill("twice@example.com")
    sent: list[str] = []

    def delay(route: Route) -> None:
        sent.append(route.request.method)
        time.sleep(1)  # no answer before the second click
        route.continue_()

    page.route("**/users/new*", delay)
    with page.expect_navigation():
        page.evaluate("""async () => {
          const button = document.querySelector("button[name=delivery][value=link]");
          button.click();
          await new Promise((go) => setTimeout(go, 50));
          button.click();
        }""")

    expect(page.locator("input[value*='/invitations/']")).to_be_visible()
    assert sent == ["POST"]
