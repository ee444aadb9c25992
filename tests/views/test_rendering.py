"""Our compiler of templates writes what Jinja's own writes, to the letter."""

from types import FunctionType, MethodType, SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.templating import Environment as Own
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, UndefinedError, pass_context
from markupsafe import Markup

from webapp.views.rendering import Environment

_PARTS = """
{%- macro told(value, other="<none>") -%}
<p title="{{ value }}">{{ other }}{% if caller is defined %}{{ caller() }}{% endif %}</p>
{%- endmacro -%}
{%- macro plain() -%}<hr>{%- endmacro -%}
{%- macro any() -%}{{ varargs | join("-") }}{{ kwargs.get("b") }}{%- endmacro -%}
{%- macro around() -%}[{{ caller("x") }}]{%- endmacro -%}
"""
_PAGE = """
{%- import "parts" as parts -%}
{{ value }}|{{ thing.value }}|{{ item.value }}|{{ thing.inner.value }}|{{ row.missing }}|
{{- parts.told(value) }}{{ parts.told(thing.value, other=value) }}{{ parts.plain() }}
{%- call(letter) parts.around() %}{{ letter }}{{ value }}{% endcall %}
{{- parts.any(value, 2, b=value) }}{{ parts.told(other=1, value=value) }}{{ parts.told() }}
{%- call parts.told(value) %}<b>{{ value }}</b>{% endcall %}
{%- for one in [thing, item] %}{{ loop.index }}{{ one.value }}{{ told_of(one.value) }}{% endfor %}
{%- set made %}<i>{{ value }}</i>{% endset %}{{ made }}{{ made.upper() }}{{ made ~ value }}
{{- item.items() | list | length }}{{ item.values() | first }}{{ value | string | upper }}
{%- autoescape false %}{{ value }}{{ parts.plain() }}{% endautoescape %}
"""


class Told:
    """A thing that writes itself."""

    def __html__(self) -> str:
        return "<em>&amp;</em>"


class Plain:
    """A thing with words of its own."""

    def __str__(self) -> str:
        return "<plain> & 'quoted'"


class Name(str):
    """A text of another kind."""

    __slots__ = ()


CONTEXT = pass_context(lambda _: None).jinja_pass_arg  # type: ignore[attr-defined]
VALUES = st.one_of(
    st.text(),
    st.text(alphabet="<>&'\"a"),
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(),
    st.text().map(Markup),
    st.builds(Told),
    st.builds(Plain),
    st.text(alphabet="<&").map(Name),
    st.lists(st.text(alphabet="<'")),
)


def environment(kind: type[Own]) -> Own:
    """An environment with the templates, in which everything is escaped."""
    made = kind(Flask("rendering"), autoescape=True)
    made.loader = DictLoader({"parts": _PARTS, "page": _PAGE})
    return made


OURS, JINJAS = environment(Environment), environment(Own)


def rendered(kind: Own, value: Any) -> str:
    """The page of a value, wherever a template may find it."""
    thing = SimpleNamespace(value=value, inner=SimpleNamespace(value=value))
    return kind.get_template("page").render(
        value=value, thing=thing, item={"value": value}, row={}, told_of=lambda one: one
    )


@given(VALUES)
def test_any_value_reads_as_with_jinjas_own_compiler(value: Any) -> None:
    """Text, numbers, markup and things that write themselves, in loops, macros and blocks."""
    assert rendered(OURS, value) == rendered(JINJAS, value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ nobody.name }}",
        "{{ nobody() }}",
        "{{ thing.nobody.name }}",
        "{{ thing.nobody() }}",
        "{% import 'parts' as parts %}{{ parts.told(1, 2, 3) }}",
        "{% import 'parts' as parts %}{{ parts.told(nothing=1) }}",
        "{% import 'parts' as parts %}{{ parts.told(1, value=1) }}",
        "{% import 'parts' as parts %}{{ parts.plain(caller=1) }}",
        "{% import 'parts' as parts %}{{ parts.around() }}",
        "{% import 'parts' as parts %}{% call parts.plain() %}{% endcall %}",
    ],
)
def test_a_mistake_is_refused_as_by_jinja(template: str) -> None:
    """The same words, so that a mistake in a template is found as before."""
    said = []
    for kind in (OURS, JINJAS):
        with pytest.raises((UndefinedError, TypeError)) as refused:
            kind.from_string(template).render(thing=SimpleNamespace())
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_an_error_in_a_call_is_raised() -> None:
    """Nothing is swallowed."""

    def fails() -> str:
        raise KeyError("no such thing")

    with pytest.raises(KeyError):
        OURS.from_string("{{ fails() }}").render(fails=fails)


def test_nothing_that_templates_call_asks_for_their_variables(app: Flask) -> None:
    """Calls do not bring what a loop or a block has set, see ``_Generator.visit_Call``."""
    asking = [
        name
        for name, value in app.jinja_env.globals.items()
        if type(value) in (FunctionType, MethodType)
        and getattr(value, "jinja_pass_arg", None) is CONTEXT
    ]
    assert asking == []


def test_pages_are_compiled_by_it(app: Flask) -> None:
    """The application has it."""
    assert type(app.jinja_env) is Environment
    code = app.jinja_env.compile("{{ a.b }}", raw=True)
    assert "escaped(" in code
    assert "environment.item(t_" in code
