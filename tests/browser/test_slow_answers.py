"""Clicks, selections and typed text are preserved while a response is pending."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.served_app import ServedApp
from tests.browser.visit import WAIT_MS, checked_page, new_context

#: Presses the first box of a list in the very task that shows the list.
_PRESS_AT_ONCE = """(list) => {
  new MutationObserver((records, observer) => {
    const box = document.querySelector(list + " input[type=checkbox]:not(:disabled)");
    if (!box) return;
    observer.disconnect();
    box.click();
  }).observe(document.querySelector(list) ?? document.body, { childList: true, subtree: true });
}"""


@pytest.fixture
def dealer(chromium: Browser, served_app: ServedApp) -> Iterator[Page]:
    """A window of a partner's administrator; errors of its console fail the test."""
    context = new_context(chromium)
    served_app.log_in(context, "partner_admin")
    with checked_page(context) as page:
        yield page


class HeldBack:
    """Requests whose body has a text, held back until they are sent on."""

    def __init__(self, page: Page, address: str, text: str) -> None:
        self._routes: list[Route] = []
        self._text = text
        self._page = page
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        request = route.request
        if self._text in request.url + (request.post_data or "") and not self._routes:
            self._routes.append(route)
        else:
            route.continue_()

    def wait(self) -> None:
        """Wait until one is held back."""
        for _ in range(WAIT_MS // 10):
            if self._routes:
                return
            self._page.wait_for_timeout(10)
        raise AssertionError(f"no request has {self._text}")

    def send(self) -> None:
        """Send it on."""
        self._routes[0].continue_()


def open_customers(page: Page, served_app: ServedApp) -> None:
    """Open the customers of a server, as a fragment has loaded them."""
    page.goto(f"{served_app.address}/servers/{served_app.ids['server']}/feeds/new?read=1")
    expect(page.locator("#picker")).to_be_visible()


def test_a_customer_selected_as_soon_as_it_is_shown_is_selected(
    dealer: Page, served_app: ServedApp
) -> None:
    open_customers(dealer, served_app)
    dealer.evaluate(_PRESS_AT_ONCE, "#customers")

    dealer.get_by_role("main").get_by_role("searchbox").fill("Hotel 17")

    expect(dealer.locator("#chosen")).to_contain_text("Harbour Hotel 17")
    expect(dealer.locator("#picker").get_by_label("Harbour Hotel 17")).to_be_checked()


def test_a_customer_selected_during_a_search_stays_selected_and_the_search_is_shown(
    dealer: Page, served_app: ServedApp
) -> None:
    open_customers(dealer, served_app)
    held = HeldBack(dealer, "**/customers", "q=Hotel%2017")
    dealer.get_by_role("main").get_by_role("searchbox").fill("Hotel 17")
    held.wait()

    dealer.locator("#picker").get_by_label("Harbour Hotel 16").click()
    held.send()

    expect(dealer.locator("#chosen")).to_contain_text("Harbour Hotel 16")
    expect(dealer.locator("#picker .choice")).to_have_count(1)
    expect(dealer.locator("#picker")).to_contain_text("Harbour Hotel 17")


def test_a_name_typed_during_a_selection_stays(dealer: Page, served_app: ServedApp) -> None:
    open_customers(dealer, served_app)
    dealer.locator("#picker").get_by_label("Harbour Hotel 16").check()
    account = dealer.get_by_label("Account for Harbour Hotel 16")
    expect(account).to_be_visible()
    held = HeldBack(dealer, "**/customers", "chosen=")
    dealer.locator("#picker").get_by_label("Harbour Hotel 17").check()
    held.wait()

    account.press_sequentially("Bayside Hotels")
    account.press("ArrowLeft")
    held.send()

    expect(dealer.locator("#chosen")).to_contain_text("Harbour Hotel 17")
    expect(account).to_have_value("Bayside Hotels")
    expect(account).to_be_focused()
    assert account.evaluate("(field) => field.selectionStart") == len("Bayside Hotels") - 1


def test_a_customer_removed_from_the_selection_leaves_the_list_where_it_is(
    dealer: Page, served_app: ServedApp
) -> None:
    open_customers(dealer, served_app)
    box = dealer.locator("#picker").get_by_label("Harbour Hotel 28")
    box.check()
    place = dealer.locator("#picker").evaluate("(picker) => picker.scrollTop")

    dealer.locator("#chosen").get_by_label("Harbour Hotel 28", exact=True).click()

    expect(dealer.locator("#chosen .choice")).to_have_count(0)
    expect(box).not_to_be_checked()
    assert dealer.locator("#picker").evaluate("(picker) => picker.scrollTop") == place > 0


def test_a_customer_removed_and_selected_again_at_once_is_selected(
    dealer: Page, served_app: ServedApp
) -> None:
    open_customers(dealer, served_app)
    dealer.locator("#picker").get_by_label("Harbour Hotel 27").check()
    chosen = dealer.locator("#chosen").get_by_label("Harbour Hotel 27", exact=True)
    expect(chosen).to_be_checked()
    held = HeldBack(dealer, "**/customers", "q=")
    chosen.click()
    held.wait()

    with dealer.expect_response("**/customers"):
        dealer.locator("#picker").get_by_label("Harbour Hotel 27").check()

    expect(dealer.locator("#chosen")).to_contain_text("Harbour Hotel 27")
    expect(chosen).to_be_checked()


def test_a_click_right_after_a_name_was_typed_connects(dealer: Page, served_app: ServedApp) -> None:
    open_customers(dealer, served_app)
    dealer.locator("#picker").get_by_label("Harbour Hotel 29").check()
    dealer.get_by_label("Account for Harbour Hotel 29").fill("Bayside")
    held = HeldBack(dealer, "**/customers", "Bayside")
    press(dealer, dealer.get_by_role("button", name="Connect 1 customer"))
    held.wait()
    with dealer.expect_response("**/customers"):
        held.send()

    dealer.mouse.up()

    expect(dealer.get_by_role("status").first).to_contain_text("1 customer connected")


def test_a_replaced_button_stays_focused(dealer: Page, served_app: ServedApp) -> None:
    open_customers(dealer, served_app)
    dealer.locator("#picker").get_by_label("Harbour Hotel 30").check()
    dealer.get_by_label("Account for Harbour Hotel 30").fill("Bayside")
    held = HeldBack(dealer, "**/customers", "Bayside")
    button = dealer.get_by_role("button", name="Connect 1 customer")
    button.focus()
    held.wait()

    button.evaluate("(button) => { button.dataset.replaced = 'not yet'; }")
    held.send()

    expect(dealer.locator("[data-replaced]")).to_have_count(0)
    expect(button).to_be_focused()


def test_a_click_during_a_search_is_not_lost(dealer: Page, served_app: ServedApp) -> None:
    dealer.goto(f"{served_app.address}/feeds")
    link = dealer.locator("#rows tbody th a").first
    held = HeldBack(dealer, "**/feeds?*", "q=")
    dealer.get_by_role("main").get_by_role("searchbox").fill("nobody")
    held.wait()

    press(dealer, link)
    with dealer.expect_response("**/feeds?*"):
        held.send()
    dealer.mouse.up()

    expect(dealer).to_have_url(re.compile(r"/feeds/\d+$"))


def test_a_search_is_shown_after_the_release_of_the_mouse(
    dealer: Page, served_app: ServedApp
) -> None:
    dealer.goto(f"{served_app.address}/feeds")
    held = HeldBack(dealer, "**/feeds?*", "q=")
    dealer.get_by_role("main").get_by_role("searchbox").fill("nobody")
    held.wait()

    press(dealer, dealer.locator("#rows tbody td.number").first)
    with dealer.expect_response("**/feeds?*"):
        held.send()
    expect(dealer.locator("#rows tbody")).to_be_visible()
    dealer.mouse.up()

    expect(dealer.locator("#rows")).to_contain_text("No feed matches")
    expect(dealer).to_have_url(re.compile("q=nobody"))


def test_rows_selected_during_a_search_stay_selected(dealer: Page, served_app: ServedApp) -> None:
    dealer.goto(f"{served_app.address}/feeds")
    row = dealer.locator("#rows tbody tr").first
    customer = row.get_by_role("link").first.inner_text()
    box = row.locator("td.select > input")
    chosen = dealer.locator(f"#rows td.select > input[value='{box.get_attribute('value')}']")
    held = HeldBack(dealer, "**/feeds?*", "q=")
    dealer.get_by_role("main").get_by_role("searchbox").fill(customer)
    held.wait()

    box.check()
    with dealer.expect_response("**/feeds?*"):
        held.send()

    expect(dealer).to_have_url(re.compile("q="))
    expect(chosen).to_be_checked()
    expect(dealer.locator(".bulk button").first).to_be_enabled()


def press(page: Page, element: Locator) -> None:
    """Press the mouse on an element, without a release."""
    element.hover()
    page.mouse.down()


def update(part: Locator) -> None:
    """Update a part that polls, as its trigger does."""
    part.evaluate(
        "(part) => htmx.ajax('GET', part.dataset.hxGet, { source: part }).catch(() => {})"
    )


def test_a_click_during_an_update_is_not_lost(dealer: Page, served_app: ServedApp) -> None:
    dealer.goto(f"{served_app.address}/collections/{served_app.ids['running_collection']}")
    press(dealer, dealer.get_by_role("link", name="Cancel"))
    update(dealer.locator("#collection"))

    dealer.mouse.up()

    expect(dealer.get_by_role("dialog")).to_contain_text("Cancel the collection of")
    expect(dealer.locator("#collection")).to_have_attribute("data-live", "")


@pytest.mark.parametrize(
    "part", ["#failures button", "#failures a[data-confirm]", "#failures", "#queues", "#nights"]
)
def test_an_update_leaves_the_focus(page: Page, served_app: ServedApp, part: str) -> None:
    page.goto(f"{served_app.address}/operations")
    element = page.locator(part).first
    element.focus()
    page.locator("#status").evaluate("(status) => { status.dataset.old = 'yes'; }")

    update(page.locator("#status"))

    expect(page.locator("#status:not([data-old])")).to_be_visible()
    expect(element).to_be_focused()


def test_the_button_that_checks_a_server_keeps_the_focus(
    dealer: Page, served_app: ServedApp
) -> None:
    dealer.goto(f"{served_app.address}/servers/{served_app.ids['server']}")
    button = dealer.get_by_role("button", name="Check now")
    button.focus()

    dealer.keyboard.press("Enter")

    expect(dealer.locator("#health .notice")).to_be_visible()
    expect(button).to_be_focused()


@pytest.mark.parametrize("status_code", [422, 500])
def test_a_failing_update_is_announced_once_until_one_succeeds(
    page: Page, served_app: ServedApp, status_code: int
) -> None:
    page.goto(f"{served_app.address}/operations")
    notices, status = page.locator("#notices"), page.locator("#status")
    notices.evaluate("(box) => { box.innerHTML = '<p>Flashed</p>'; }")
    page.route("**/operations", lambda route: route.fulfill(status=status_code))

    update(status)
    expect(notices.get_by_role("alert")).to_contain_text("That did not work.")
    notices.locator("[role=alert] p").evaluate("(text) => { text.dataset.first = 'yes'; }")
    update(status)

    expect(notices.locator("[role=alert] [data-first]")).to_have_count(1)
    page.unroute("**/operations")
    update(status)
    expect(notices).to_have_text("Flashed")
