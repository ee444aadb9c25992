"""The configuration of nginx fits the service."""

import re

import pytest
from flask import Flask, url_for

from webapp.settings import ROOT

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
