"""Requests: every rule with hostile values in its path, query, form or headers."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from flask import Flask
from werkzeug.routing import Rule

from tests.hostile.values import HEADERS, TEXTS, parameters
from tests.views.access_table import PLAIN, ROLES

#: The role of a request without a log-in.
ANONYMOUS = "anonymous"
_VARIABLE = re.compile(r"<(?:[^<>]*:)?(?P<name>\w+)>")
#: These end the session of a user, and are therefore sent last.
_ENDING = ("auth.logout", "sessions.", "users.disable", "profile.")


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a user of a role."""

    role: str
    endpoint: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return a short text that names the request."""
        values = {**self.query, **self.form, **self.headers}
        short = {name: value[:20] for name, value in list(values.items())[:3]}
        return f"{self.role} {self.method} {self.path[:80]} {short!a}"


def chosen(app: Flask, arguments: Mapping[str, int | str], number: int, seed: int) -> list[Request]:
    """Return a number of requests, the same for the same seed, of all kinds in equal parts.

    Each rule with each method and role is among them, if the number allows it.
    """
    rng = random.Random(seed)
    targets = [
        (role, rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
        for role in (ANONYMOUS, *ROLES)
    ]
    requests: list[Request] = []
    while len(requests) < number:
        rng.shuffle(targets)
        requests += [_request(rng, *target, arguments) for target in targets]
    return sorted(requests[:number], key=lambda each: each.endpoint.startswith(_ENDING))


def _request(
    rng: random.Random,
    role: str,
    rule: Rule,
    method: str,
    arguments: Mapping[str, int | str],
) -> Request:
    """Return a request whose path, query, form or headers are hostile."""
    values = {name: str({**PLAIN, **arguments}.get(name, 1)) for name in rule.arguments}
    kind = rng.choice(("path", "query", "form", "one", "headers"))
    query: dict[str, str] = {}
    form: dict[str, str] = {"confirmed": "yes"} if rng.random() < 0.5 else {}
    headers: Mapping[str, str] = {}
    if kind == "path" and values:
        values[rng.choice(sorted(values))] = rng.choice(TEXTS)
    elif kind == "headers":
        headers = rng.choice(HEADERS)
    elif kind == "one":
        fields = {rng.choice(parameters()): rng.choice(TEXTS)}
        query, form = (fields, form) if method == "GET" else ({}, form | fields)
    elif kind == "form" and method == "POST":
        form = dict.fromkeys(parameters(), rng.choice(TEXTS))
    else:
        query = dict.fromkeys(parameters(), rng.choice(TEXTS))
    return Request(role, rule.endpoint, method, _path(rule, values), query, form, headers)


def _path(rule: Rule, values: Mapping[str, str]) -> str:
    """Return the path of a rule; unlike ``url_for`` with values that no converter accepts."""
    return _VARIABLE.sub(lambda found: quote(values[found["name"]], safe=""), rule.rule)
