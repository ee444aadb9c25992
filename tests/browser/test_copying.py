"""Copy buttons, where the browser has a clipboard."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.served_app import ServedApp
from tests.browser.visit import record_errors
from tests.factories import NOW


@pytest.mark.parametrize("answer", ["resolve", "reject"])
def test_a_copy_button_says_that_it_copied_for_two_seconds(
    page: Page, served_app: ServedApp, answer: str
) -> None:
    errors: list[str] = []
    record_errors(page, errors)
    page.clock.install(time=NOW)
    page.goto(f"{served_app.address}/certificates/{served_app.ids['number']}")
    page.clock.pause_at(NOW + timedelta(hours=1))
    page.evaluate(f"() => {{ navigator.clipboard.writeText = () => Promise.{answer}(); }}")
    button = page.locator("button[data-copy=public-address]")

    button.click()
    button.click()
    expect(button).to_have_text("Copied" if answer == "resolve" else "Copy")
    page.clock.run_for(2_100)

    expect(button).to_have_text("Copy")
    assert errors == []
