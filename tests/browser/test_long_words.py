"""Names without a blank, and of emoji, leave the other columns of a list in view."""

import pytest
from playwright.sync_api import Page
from sqlalchemy import select, update

from tests.browser.served_app import ServedApp
from tests.factories import NOW
from webapp.db import db
from webapp.models import Account, Feed, Server
from webapp.services.accounts import audit

#: Cells that are cut or narrower than a short word, and whether a part of the table is hidden.
_SQUEEZED = """() => [...document.querySelectorAll('.table')].flatMap((table) => [
  ...(table.scrollWidth > table.clientWidth ? [`hidden: ${table.scrollWidth}`] : []),
  ...[...table.querySelectorAll('tbody :is(th, td):not(.select)')]
    .filter((cell) => cell.clientWidth < 48 || cell.scrollWidth > cell.clientWidth + 1)
    .map((cell) => `${cell.clientWidth} px: ${cell.textContent.trim().slice(0, 40)}`),
])"""


@pytest.fixture(scope="module")
def long_names(served_app: ServedApp) -> None:
    """Give every server, feed and account a long name; names are unique, and end with the id."""
    with served_app.app.app_context():
        session = db.session()
        for server in session.scalars(select(Server)):
            server.name = "🌳" * 95 + str(server.id)
        for account in session.scalars(select(Account)):
            account.name = "W" * 190 + str(account.id)
        session.execute(update(Feed).values(customer_name="M" * 200))
        audit.record(
            session,
            audit.Actor(None, "command"),
            "server registered",
            "🌳" * 100,
            account_id=int(served_app.ids["partner"]),
            details={},
            now=NOW,
        )
        session.commit()


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize("width", [1024, 1280, 1920])
@pytest.mark.parametrize(
    "path", ["/accounts", "/audit", "/collections", "/devices", "/feeds", "/servers", "/users"]
)
def test_a_long_name_leaves_the_other_columns_in_view(
    page: Page, served_app: ServedApp, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(served_app.address + path)

    assert page.evaluate(_SQUEEZED) == []
