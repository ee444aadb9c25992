"""Lists: the addresses that they link to."""

from flask import Flask, url_for

from webapp.views.shared import listing


def test_links_of_a_list_retain_all_parameters_but_the_page(app: Flask) -> None:
    with app.test_request_context("/feeds?q=a%26b+c&sort=-reported&page=3&evil=x"):
        assert listing.current_url(health="unhealthy") == url_for(
            "feeds.index", q="a&b c", sort="-reported", health="unhealthy"
        )
        assert listing.current_url(q=None, sort="") == "/feeds"
        assert listing.page_url(2) == url_for("feeds.index", q="a&b c", sort="-reported", page=2)
    with app.test_request_context("/feeds/7?range=90&days=92"):
        assert listing.current_url(range="7") == "/feeds/7?range=7"
