"""Windows of the application for journeys through the console."""

from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.served_app import ServedApp

#: How long a browser waits, in milliseconds: for what never comes, on a busy machine too.
WAIT_MS = 60_000


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
        context = self.browser.new_context(java_script_enabled=self.javascript, locale=locale)
        context.set_default_timeout(WAIT_MS)
        self.contexts.append(context)
        if who:
            name = self.served_app.app.config["SESSION_COOKIE_NAME"]
            value, url = self.served_app.cookies[who], self.served_app.address
            context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._record_message)
        return page

    def open(self, page: Page, path: str) -> None:
        """Go to an address of the application."""
        page.goto(self.served_app.address + path.format_map(self.served_app.ids))

    def _record_message(self, message: ConsoleMessage) -> None:
        meant = any(f"status of {status}" in message.text for status in (403, 404, 422))
        # Requests of htmx are aborted when a page is left, and htmx logs that.
        left = message.text.startswith(("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort"))
        if message.type == "error" and not meant and not left:
            self.errors.append(message.text)
