"""Hostile values in paths, queries and forms: refused or ignored, never an error of the server."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.views.test_access_matrix import PLAIN, Tenants, built_tenants, tenants

__all__ = ["built_tenants", "tenants"]

TEXTS = (
    "9" * 5000,
    "-1",
    "9223372036854775808",
    "1e309",
    "\x00",
    "a\r\nSet-Cookie: x=1",
    "\u202eexe.txt",
    "\ud7ff\U0010ffff",
    "％＝",
    "../../etc/passwd",
    '{"message": "%(x)s", "params": {}}',
    "%s%n{0}{{7*7}}",
    "' OR 1=1 --",
    "a" * 20_000,
    "2026-13-45",
    "0000-00-00",
    "",
)
NAMES = (
    "q", "page", "sort", "status", "health", "account", "server", "feed", "month", "from", "to",
    "state", "kind", "reason", "language", "export", "country", "back", "next", "v", "device",
    "year", "days", "action", "case", "certificate", "user", "pages", "customer", "confirmed",
    "name", "email", "role", "what",
)  # fmt: skip


def _rules(app: Flask) -> list[Rule]:
    """Return our rules; those of rq-dashboard need a Redis."""
    return [
        rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("rq_dashboard.")
    ]


def _paths(rule: Rule, arguments: dict[str, int | str]) -> Iterator[str]:
    """Yield the path of a rule with one argument replaced by each hostile text."""
    known = {name: str({**PLAIN, **arguments}.get(name, 1)) for name in rule.arguments}
    for name in sorted(rule.arguments):
        for text in TEXTS:
            path = rule.rule
            for other, value in known.items():
                path = _filled(path, other, text if other == name else value)
            yield path


def _filled(path: str, name: str, value: str) -> str:
    start = min(at for at in (path.find(f"<{name}>"), path.find(f":{name}>")) if at >= 0)
    start = path.rfind("<", 0, start + 1)
    return path[:start] + quote(value, safe="") + path[path.index(">", start) + 1 :]


def _failed(answer: TestResponse) -> bool:
    return answer.status_code >= 500 and answer.status_code != 503


@pytest.mark.slow  # some 5,000 requests
def test_paths(tenants: Tenants) -> None:
    browser = tenants.browser_of("operations")
    wrong = []
    for rule in _rules(tenants.app):
        for path in _paths(rule, tenants.northwind.arguments):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                answer = browser.open(path, method=method)
                if _failed(answer):
                    wrong.append((method, path[:120], answer.status_code))

    assert wrong == []


@pytest.mark.slow  # some 5,000 requests
@pytest.mark.parametrize("role", ["operations", "customer"])
def test_queries_and_forms(tenants: Tenants, role: str) -> None:
    wrong = []
    for rule in _rules(tenants.app):
        browser = tenants.browser_of(role)
        path = rule.rule
        for name in rule.arguments:
            value = {**PLAIN, **tenants.northwind.arguments}.get(name, 1)
            path = _filled(path, name, str(value))
        for text in TEXTS:
            fields = dict.fromkeys(NAMES, text)
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                answer = (
                    browser.get(path, query_string=fields)
                    if method == "GET"
                    else browser.post(path, data=fields)
                )
                if _failed(answer):
                    wrong.append((method, path[:120], text[:30], answer.status_code))

    assert wrong == []


@pytest.mark.parametrize("end", ["\r\nSet-Cookie: x=1", "\n", "\x00", "a" * 5_000, "\u202e"])
@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("/accounts/selection", "/accounts"),
        ("/devices/selection", "/devices"),
        ("/feeds/selection", "/feeds"),
        ("/servers/selection", "/servers"),
        ("/certificates/selection", "/certificates"),
        ("/review/selection", "/review"),
    ],
)
def test_a_hostile_address_to_return_to_is_replaced_by_that_of_the_list(
    tenants: Tenants, path: str, listed: str, end: str
) -> None:
    browser = tenants.browser_of("partner_admin")

    answer = browser.post(path, data={"back": f"{listed}?q={end}"})

    assert (answer.status_code, answer.location) == (302, listed)
