"""Lists: the addresses that they link to."""

import pytest
from flask import Flask, url_for

from webapp.app import create_app
from webapp.settings import Settings
from webapp.views.shared import listing


@pytest.fixture
def app(settings: Settings) -> Flask:
    """The application."""
    return create_app(settings)


def test_links_of_a_list_retain_all_parameters_but_the_page(app: Flask) -> None:
    with app.test_request_context("/feeds?q=a%26b+c&sort=-reported&page=3&evil=x"):
        assert listing.current_url(health="unhealthy") == url_for(
            "feeds.index", q="a&b c", sort="-reported", health="unhealthy"
        )
        assert listing.current_url(q=None, sort="") == "/feeds"
        assert listing.page_url(2) == url_for("feeds.index", q="a&b c", sort="-reported", page=2)
    with app.test_request_context("/feeds/7?days=92"):
        assert listing.current_url(days=31) == "/feeds/7?days=31"
