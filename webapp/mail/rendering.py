"""Rendering: the subject, text and HTML of an email, from one template for each kind of email.

The templates in ``templates/mail`` extend a layout and use macros; each part has its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webapp import filters, i18n, messages
from webapp.domain.contrast import DEFAULT_ACCENT, text_on
from webapp.extensions import public_url_for
from webapp.settings import ROOT

_TEMPLATES = ROOT / "templates" / "mail"
#: The folders of the layout and the macros of each part, before those of all parts.
_FOLDERS = {"subject": ("subject", "text", ""), "text": ("text", ""), "html": ("html", "")}


@dataclass(frozen=True, slots=True)
class EmailBranding:
    """The displayed sender: a name, a color, the color of text on it, and optionally a logo.

    ``logo``: the Content-ID of an attachment; ``size``: its width and height in pixels.
    """

    name: str = "Releaf"
    colour: str = str(DEFAULT_ACCENT)
    text: str = str(text_on(DEFAULT_ACCENT))
    logo: str | None = None
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class EmailContent:
    """A rendered email."""

    subject: str
    plain: str
    html: str


def render(template: str, values: Mapping[str, object]) -> EmailContent:
    """Return the email of a template, in the current language; needs an application context."""
    subject, plain, html = (
        _environment(part).get_template(f"{template}.jinja").render(values) for part in _FOLDERS
    )
    return EmailContent(" ".join(subject.split()), plain, html)


@cache
def _environment(part: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES / folder for folder in _FOLDERS[part]]),
        autoescape=part == "html",  # noqa: S701 # nosec B701 - the others are text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    i18n.use_in(environment)
    filters.add_filters(environment)
    environment.globals["public_url_for"] = public_url_for
    environment.filters["sentence"] = messages.sentence
    return environment
