"""Lists follow what is typed, chosen and gone back to, in a browser with JavaScript."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.served_app import ServedApp
from tests.browser.visit import new_context

#: Lists, a word that some of their rows have, and what others say of it.
SEARCHES = {
    "/accounts": "harbour",
    "/users": "winters",
    "/servers": "main",
    "/feeds": "harbour",
    "/devices": "harbour",
    "/certificates": "R-",
    "/audit": "feeds",
    "/operations/mails": "nora",
}


@pytest.mark.parametrize("path", SEARCHES)
def test_a_list_is_filtered_while_typing_and_restored_by_going_back(
    page: Page, served_app: ServedApp, path: str
) -> None:
    page.goto(served_app.address + path)
    rows = page.locator("#rows")
    all_of_it = rows.inner_text()
    box = page.get_by_role("main").get_by_role("searchbox")

    box.press_sequentially("no such thing anywhere", delay=5)
    expect(rows).to_contain_text(re.compile("match", re.IGNORECASE))
    expect(rows.locator("tbody tr")).to_have_count(0)
    # A slow machine searches for a part of the words first.
    expect(page).to_have_url(re.compile("q=no(%20|\\+)such(%20|\\+)thing(%20|\\+)anywhere"))
    expect(box).to_be_focused()

    box.fill("")
    expect(rows).to_have_text(re.compile(re.escape(all_of_it.split()[0])))
    box.fill(SEARCHES[path])
    page.wait_for_url(re.compile(rf"q={SEARCHES[path]}"))
    page.reload()
    expect(box).to_have_value(SEARCHES[path])
    page.go_back()
    expect(rows).to_be_visible()


def test_a_filter_is_applied_at_once_and_a_checkbox_selects_all_rows(
    page: Page, served_app: ServedApp
) -> None:
    page.goto(f"{served_app.address}/feeds")
    rows = page.locator("#rows tbody tr")

    page.get_by_label("Health").select_option("unhealthy")
    page.wait_for_url(re.compile("health=unhealthy"))
    expect(rows).to_have_count(2)
    page.get_by_label("Health").select_option("")
    page.wait_for_url(re.compile("health=(&|$)"))
    expect(rows).to_have_count(50)

    page.get_by_label("All on this page").check()
    expect(page.locator("input[name=feed]:checked")).to_have_count(50)
    page.locator("input[name=feed]").first.uncheck()
    expect(page.get_by_label("All on this page")).not_to_be_checked()
    page.locator("input[name=feed]").first.check()
    expect(page.get_by_label("All on this page")).to_be_checked()
    page.locator("input[name=feed]").first.press("/")
    expect(page.locator("[data-slash]")).to_be_focused()
    page.get_by_label("All on this page").uncheck()
    expect(page.locator("input[name=feed]:checked")).to_have_count(0)


def test_typing_and_choosing_retain_the_order(page: Page, served_app: ServedApp) -> None:
    page.goto(f"{served_app.address}/feeds")
    page.get_by_role("columnheader", name="Customer").get_by_role("link").click()
    page.wait_for_url(re.compile("sort=customer"))

    page.get_by_role("main").get_by_role("searchbox").fill("branch")
    page.wait_for_url(re.compile("q=branch.*sort=customer"))
    sorted_by = page.locator("#rows thead [aria-sort]")

    expect(sorted_by).to_have_attribute("aria-sort", "ascending")
    expect(sorted_by).to_contain_text("Customer")
    expect(page.locator("#rows tbody th a").filter(has_not_text="Branch")).to_have_count(0)
    names = page.locator("#rows tbody th a").all_inner_texts()
    assert len(names) > 10
    assert names == sorted(names)


def test_a_selection_after_a_search_is_retained(page: Page, served_app: ServedApp) -> None:
    page.goto(f"{served_app.address}/feeds")
    page.get_by_role("main").get_by_role("searchbox").fill("harbour")
    page.wait_for_url(re.compile("q=harbour"))
    box = page.locator("#rows input[name=feed]")
    expect(box).to_have_count(1)

    box.check()
    page.wait_for_timeout(600)  # a search that began now would have ended
    page.get_by_role("button", name="Deactivate").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Deactivate 1 feed?")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(re.compile("/feeds.*q=harbour"))


@pytest.mark.parametrize(
    ("language", "status", "words"),
    [
        ("en", 0, "Releaf could not be reached. Check your connection and try again."),
        ("es", 0, "No se puede acceder a Releaf. Compruebe su conexión e inténtelo de nuevo."),
        ("es", 413, "Los envíos pueden tener como máximo 1,024 KB. Elija un archivo más pequeño."),
        ("en", 429, "Too many requests. Wait a minute and try again."),
        ("es", 500, "No se pudo hacer. Recargue la página e inténtelo de nuevo."),
    ],
)
def test_a_search_without_a_response_shows_a_message_in_the_language_of_the_page(
    chromium: Browser, served_app: ServedApp, language: str, status: int, words: str
) -> None:
    context = new_context(chromium, locale=language)
    served_app.log_in(context, "operations")
    page = context.new_page()
    page.goto(f"{served_app.address}/feeds")
    before = page.locator("#rows").inner_text()
    page.route(
        "**/feeds?*", lambda route: route.fulfill(status=status) if status else route.abort()
    )

    page.get_by_role("main").get_by_role("searchbox").fill("harbour")

    expect(page.get_by_role("alert")).to_have_text(words)
    assert page.locator("#rows").inner_text() == before
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_typed_after_the_slash_is_searched(
    page: Page, served_app: ServedApp, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{served_app.address}/servers")

    page.keyboard.type("/harbour")
    page.keyboard.press("Enter")

    page.wait_for_url("**/search?q=harbour")
    box = page.get_by_role("main").get_by_role("searchbox")
    expect(box).to_have_value("harbour")
    expect(box).not_to_be_focused()
    page.goto(f"{served_app.address}/search")
    expect(box).to_be_focused()


def test_the_current_menu_item_is_visible_in_a_low_window(
    page: Page, served_app: ServedApp
) -> None:
    page.set_viewport_size({"width": 1280, "height": 480})

    page.goto(f"{served_app.address}/guide")

    expect(page.locator(".nav [aria-current]")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Log out")).to_be_in_viewport(ratio=1)
    assert page.evaluate("window.scrollY") == 0
