"""Lists: addresses built once for many rows are those that Flask builds."""

import pytest
from flask import Flask, url_for

from webapp.app import create_app
from webapp.settings import Settings
from webapp.views import lists


@pytest.fixture
def app(settings: Settings) -> Flask:
    """The application."""
    return create_app(settings)


def test_addresses_are_those_that_flask_builds(app: Flask) -> None:
    with app.test_request_context("/feeds"):
        for endpoint, values in (
            ("feeds.index", {}),
            ("feeds.show", {"feed_id": 7}),
            ("certificates.download", {"number": "R-2026-10-000001"}),
            ("certificates.show", {"number": "R/ä ?"}),
            ("static", {"filename": "app.css"}),
            ("static", {"filename": "no such file.css"}),
            ("feeds.index", {"q": "a b"}),
            ("feeds.index", {"server": 5}),
        ):
            assert lists.address_of(endpoint, **values) == url_for(endpoint, **values)
        assert f"{lists.address_before('feeds.show', 'feed_id')}7" == "/feeds/7"
        around = lists.address_around("certificates.download", "number")
        assert "R-2026-10-000001".join(around) == "/certificates/R-2026-10-000001.pdf"
        with pytest.raises(ValueError, match="goes on after"):
            lists.address_before("certificates.download", "number")


def test_an_application_under_a_path_has_addresses_of_its_own(app: Flask) -> None:
    with app.test_request_context("/feeds"):
        assert lists.address_of("feeds.show", feed_id=7) == "/feeds/7"
    with app.test_request_context("/feeds", base_url="http://localhost/console"):
        assert lists.address_of("feeds.show", feed_id=7) == "/console/feeds/7"
        assert lists.address_of("feeds.index") == "/console/feeds"


def test_a_list_keeps_what_its_address_says_and_begins_anew(app: Flask) -> None:
    with app.test_request_context("/feeds?q=a%26b+c&sort=-heard&page=3&evil=x"):
        assert lists.here(health="unhealthy") == url_for(
            "feeds.index", q="a&b c", sort="-heard", health="unhealthy"
        )
        assert lists.here(q=None, sort="") == "/feeds"
        assert lists.page_url(2) == url_for("feeds.index", q="a&b c", sort="-heard", page=2)
    with app.test_request_context("/feeds/7?days=92"):
        assert lists.here(days=31) == "/feeds/7?days=31"
