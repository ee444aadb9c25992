"""Assets: inline icons, and static files with a version for unlimited caching."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request
from markupsafe import Markup

from webapp.settings import ROOT

STATIC = ROOT / "static"
_FOR_EVER = 31_536_000
_ONE_DAY = 86_400
#: Fonts are also named in the stylesheet, without a version.
_VERSIONED = (".css", ".js", ".svg")


class NoIcon(LookupError):
    """A page uses an icon that setup did not install."""


def serve(app: Flask) -> None:
    """Add ``icon_svg(name)`` to templates and a version to the URLs of static files."""
    app.jinja_env.globals["icon_svg"] = icon_svg
    app.url_defaults(_add_version)
    app.after_request(_cache_static)


def icon_svg(name: str) -> Markup:
    """Return the SVG of an icon. Raises NoIcon."""
    try:
        return _icons()[name]
    except KeyError:
        raise NoIcon(
            f"there is no static/vendor/icons/{name}.svg; name it in deploy/assets/copy-icons.txt "
            "and run make setup"
        ) from None


@lru_cache(maxsize=1)
def _icons() -> dict[str, Markup]:
    folder = STATIC / "vendor" / "icons"
    # Inserted unescaped: they are from a pinned package.
    return {path.stem: Markup(path.read_text("utf-8")) for path in folder.glob("*.svg")}  # noqa: S704 # nosec B704


@lru_cache(maxsize=256)
def _version(path: Path, _changed_at: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def version(filename: str) -> str | None:
    """Return the version for a static file's URL; None without one."""
    if not filename.endswith(_VERSIONED):
        return None
    path = STATIC / filename
    try:
        return _version(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


def _add_version(endpoint: str, values: dict[str, str]) -> None:
    carried = version(values.get("filename", "")) if endpoint == "static" else None
    if carried is not None:
        values["v"] = carried


def _cache_static(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        seconds = _FOR_EVER if "v" in request.args else _ONE_DAY
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = seconds
        response.cache_control.immutable = seconds == _FOR_EVER
    return response
