"""Messages: every reason that is stored becomes a sentence, in any language."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from flask_babel import force_locale

from webapp import messages
from webapp.domain.reasons import Reason, reason
from webapp.messages import sentence
from webapp.settings import ROOT

_PLACE = re.compile(r"%\((\w+)\)s")

pytestmark = pytest.mark.usefixtures("translations")


@cache
def calls() -> list[tuple[str, set[str]]]:
    """The code and the parameters of every reason that the code makes."""
    return list(_calls())


def _calls() -> Iterator[tuple[str, set[str]]]:
    for folder in ("webapp", "jobs"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "reason":
                    [code] = node.args
                    names = {word.arg for word in node.keywords if word.arg}
                    if isinstance(code, ast.Constant):
                        yield str(code.value), names


def test_every_code_has_a_sentence_with_its_parameters() -> None:
    wrong = {
        code: names
        for code, names in calls()
        if code not in messages.COMPOSED
        and names
        != set(_PLACE.findall(str(messages.SENTENCES.get(code, "%(?)s")))) - set(messages.ADVICE)
    }

    assert wrong == {}


def test_no_sentence_is_left_without_a_code_that_uses_it() -> None:
    by_status = {"redirected", "address_not_found", "unexpected_status"}

    assert {code for code, _ in calls()} | by_status == {*messages.SENTENCES, *messages.COMPOSED}


@pytest.mark.parametrize(
    ("given", "english", "spanish"),
    [
        (
            reason("data_recovered", pages=1_234, first="2026-11-03", last="2026-11-09"),
            "New data arrived; recovered 1,234 pages for Nov 3 – 9, 2026",
            "Llegaron datos nuevos; se recuperaron 1,234 páginas del 3–9 de nov de 2026",
        ),
        (
            reason("silent", days=3, last=None),
            "No new data for 3 business days; last on never",
            "Sin datos nuevos desde hace 3 días hábiles; los últimos: nunca",
        ),
        (
            reason("rows_not_counted", count=1_200, first=reason("no_customer")),
            "Rows not counted: 1,200 (The row has no customer name)",
            "Filas no contadas: 1,200 (La fila no tiene nombre de cliente)",
        ),
        (
            reason(
                "field_invalid",
                what=reason("field.asset_id"),
                bad=reason("value.too_long", longest_text=200),
            ),
            "The asset ID is longer than 200 characters",
            "El ID de activo tiene más de 200 caracteres",
        ),
    ],
)
def test_a_reason_is_a_sentence_in_the_current_language(
    given: Reason, english: str, spanish: str
) -> None:
    assert sentence(given) == english
    with force_locale("es"):
        assert sentence(given) == spanish


@pytest.mark.parametrize("text", ["100 %", "%(name)s", "2026-11-03", "no_customer", "{}", ""])
def test_text_from_outside_is_shown_unchanged(text: str) -> None:
    assert sentence(reason("error", error=text)) == text


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert sentence(reason("sun_spots", many=3)) == "sun_spots"
    assert sentence(None) == ""
