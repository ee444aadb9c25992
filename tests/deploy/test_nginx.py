"""The configuration of nginx fits the service."""

import re

import pytest
from flask import Flask, url_for

from webapp.settings import ROOT
from webapp.views.console.customers import CUSTOMER_LIST_LIMITS

CONFIGURATION = (ROOT / "deploy" / "production" / "nginx.conf").read_text()
MEBIBYTE = 1024 * 1024


def test_nginx_lets_the_service_refuse_an_upload_that_is_too_large(app: Flask) -> None:
    sizes = re.findall(r"^\s*client_max_body_size (\d+)m;", CONFIGURATION, re.MULTILINE)

    assert len(sizes) == 1
    assert int(sizes[0]) * MEBIBYTE >= 8 * app.config["MAX_CONTENT_LENGTH"]


def test_every_location_that_leads_to_the_service_has_the_headers_that_it_reads() -> None:
    locations = [text for text in CONFIGURATION.split("location ")[1:] if "proxy_pass" in text]

    assert len(locations) == 2
    for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-ID"):
        assert [len(re.findall(rf"proxy_set_header +{name} ", text)) for text in locations] == [
            1,
            1,
        ]


@pytest.mark.parametrize(
    "endpoint", ["auth.invitation", "unsubscribe.show", "profile.confirm_email"]
)
def test_nginx_logs_no_personal_links(app: Flask, endpoint: str) -> None:
    match = re.search(r"location ~ (\S+) \{\s*access_log +off;", CONFIGURATION)
    assert match is not None
    with app.test_request_context():
        path = url_for(endpoint, token="secret")

    assert re.search(match[1], path)


def test_nginx_sends_the_headers_of_the_service_with_static_files(public_app: Flask) -> None:
    headers = public_app.test_client().get("/static/app.css").headers
    static = CONFIGURATION.partition("location /static/ {")[2].partition("}")[0]
    sent = dict(re.findall(r"add_header (\S+) \"?([^\";]+)", static))

    assert sent == {name: headers[name] for name in sent}
    assert set(sent) == {"Strict-Transport-Security", "X-Content-Type-Options"}


def test_nginx_waits_longer_than_the_service_reads_a_fleet() -> None:
    seconds = re.findall(r"proxy_read_timeout (\d+)s;", CONFIGURATION)

    assert [int(one) > CUSTOMER_LIST_LIMITS.fleet_seconds for one in seconds] == [True]
