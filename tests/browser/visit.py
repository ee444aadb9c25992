"""Windows of the application for journeys through the console."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.served_app import ServedApp

#: How long a browser waits, in milliseconds: for what never comes, on a busy machine too.
WAIT_MS = 60_000

#: htmx logs that a request was aborted: a page was left, or a later request replaced it.
ABORTED = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Open a context, with Playwright's options, that waits as long as ``WAIT_MS``."""
    context = browser.new_context(**options)
    context.set_default_timeout(WAIT_MS)
    return context


def record_errors(page: Page, errors: list[str], *expected: int) -> None:
    """Append the errors of a page's scripts and console, except refusals with expected statuses."""

    def record(message: ConsoleMessage) -> None:
        refused = any(f"status of {status}" in message.text for status in expected)
        if message.type == "error" and not refused and not message.text.startswith(ABORTED):
            errors.append(message.text)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", record)


@contextmanager
def checked_page(context: BrowserContext) -> Iterator[Page]:
    """Open a page in a context that is closed afterwards; errors of its console fail the test."""
    page = context.new_page()
    errors: list[str] = []
    record_errors(page, errors)
    yield page
    context.close()
    assert errors == []


@dataclass
class Visit:
    """Windows of the application, one a user; console errors are collected."""

    browser: Browser
    served_app: ServedApp
    javascript: bool
    errors: list[str]
    contexts: list[BrowserContext]

    def page_as(self, who: str = "", locale: str = "en-US") -> Page:
        """Open a page as a logged-in user, or as a guest without a name."""
        context = new_context(self.browser, java_script_enabled=self.javascript, locale=locale)
        self.contexts.append(context)
        if who:
            self.served_app.log_in(context, who)
        page = context.new_page()
        record_errors(page, self.errors, 403, 404, 422)
        return page

    def open(self, page: Page, path: str) -> None:
        """Go to an address of the application."""
        page.goto(self.served_app.address + path.format_map(self.served_app.ids))
