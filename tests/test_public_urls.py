"""Addresses of pages in emails, documents and commands."""

from dataclasses import replace

import pytest
from flask import Flask

from webapp.extensions import public_url_for


@pytest.mark.parametrize("base", ["https://releaf.example", "https://releaf.example:8443/trees"])
def test_an_address_is_below_the_public_url(
    common_app: Flask, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    settings = replace(common_app.config["RELEAF"], public_url=base)
    monkeypatch.setitem(common_app.config, "RELEAF", settings)

    with common_app.app_context():
        assert public_url_for("feeds.index", health="unhealthy") == f"{base}/feeds?health=unhealthy"
    # Not the host that the request names.
    with common_app.test_request_context(base_url="http://127.0.0.1:8000"):
        assert public_url_for("auth.invitation", token="a b") == f"{base}/invitations/a%20b"
