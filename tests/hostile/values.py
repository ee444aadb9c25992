"""Hostile values, and the names of the parameters that get them."""

import re
from functools import cache

from webapp.settings import ROOT

TEXTS = (
    "9" * 5000,
    "-1",
    "0",
    "9223372036854775808",
    "1e309",
    "NaN",
    "٣",
    "\x00",
    "a\r\nSet-Cookie: x=1",
    "\u202eexe.txt",
    "\ud7ff\U0010ffff",
    "％＝",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "//evil.example/",
    "javascript:alert(1)",
    "<script>alert(1)</script>",
    '{"message": "%(x)s", "params": {}}',
    "%s%n{0}{{7*7}}",
    "' OR 1=1 --",
    "a" * 20_000,
    "2026-13-45",
    "0000-00-00",
    "9999-12-31",
    "0001-01",
    "",
)
#: Headers with hostile values; a request has one of them.
HEADERS: tuple[dict[str, str], ...] = (
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-Target": "'\"><", "HX-Current-URL": "javascript:alert(1)"},
    {"Accept-Language": "zz-" + "x" * 4000},
    {"Accept-Language": "es;q=NaN, *;q=-1"},
    {"Referer": "//evil.example/%00"},
    {"Referer": "http://["},
    {"Referer": "http://localhost.evil.example/"},
    {"Origin": "null"},
    {"Range": "bytes=9999999999-1"},
    {"If-None-Match": '"' + "a" * 4000},
    {"If-Modified-Since": "Thu, 99 Foo 0000"},
    {"Content-Type": "application/json"},
    {"Content-Type": "multipart/form-data; boundary="},
    {"X-Forwarded-For": "' OR 1=1 --, ::::"},
    {"X-Forwarded-Proto": "gopher"},
    {"X-Request-ID": "a" * 4000},
    {"Cookie": "session=" + "." * 4000},
    {"Authorization": "Basic ====="},
)
_FIELD = re.compile(r'\bname="([a-z_]+)"')
_ARGUMENT = re.compile(r'args\.get(?:list)?\(\s*"([a-z_]+)"')
_FORM_FIELD = re.compile(r"^    ([a-z_]+) = [A-Za-z.]*Field\(", re.MULTILINE)


@cache
def parameters() -> tuple[str, ...]:
    """Return the names of all parameters: of forms, templates and query strings."""
    names = {"confirmed", "export", "page", "q", "sort"}
    for path in (ROOT / "templates").rglob("*.html"):
        names.update(_FIELD.findall(path.read_text()))
    for path in (ROOT / "webapp" / "views").rglob("*.py"):
        source = path.read_text()
        names.update(_ARGUMENT.findall(source), _FORM_FIELD.findall(source))
    return tuple(sorted(names - {"csrf_token", "viewport"}))
