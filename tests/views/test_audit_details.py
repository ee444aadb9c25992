"""The details of entries of the audit trail: words in the viewer's language, not codes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp.models import User
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Action, Actor

#: What is stored of an action, and how it reads in English and in Spanish.
SHOWN: list[tuple[Action, dict[str, Any], list[str], list[str]]] = [
    (
        "account changed",
        {"country": "US → ES", "region": "US-CA → ES-CT", "language": "– → es"},
        ["Country: United States → Spain", "Region: California → Cataluña", "Language: – → Span"],
        ["País: Estados Unidos → España", "Región: California → Cataluña", "Idioma: – → español"],
    ),
    (  # earlier entries have the region without its country
        "account changed",
        {"country": "US → CA", "region": "CA → QC"},
        ["Country: United States → Canada", "Region: California → Quebec"],
        ["País: Estados Unidos → Canadá", "Región: California → Quebec"],
    ),
    ("account changed", {"region": "CA → –"}, ["Region: CA → –"], ["Región: CA → –"]),
    (
        "account changed",
        {"language": "es_ES → en_GB", "name": "US → es"},
        ["Language: Spanish (Spain) → English (United Kingdom)", "Name: US → es"],
        ["Idioma: español (España) → inglés (Reino Unido)", "Nombre: US → es"],
    ),
    (
        "brand changed",
        {"colour": "#1b6b45", "logo": "0123456789ab"},
        ["Color: #1b6b45", "Logo: a new image"],
        ["Color: #1b6b45", "Logotipo: una imagen nueva"],
    ),
    ("brand reset", {"of": "all"}, ["Item: Name, color and logo"], ["Nombre, color y logotipo"]),
    ("badge changed", {"to": "off"}, ["To: off"], [": desactivado"]),
    ("user invited", {"role": "partner_viewer"}, ["Role: Viewer"], ["Rol: Lector"]),
    ("server checked", {"result": "unhealthy"}, ["Result: Unhealthy"], ["Resultado: "]),
    (
        "deltas reviewed",
        {"decision": "adjusted", "pages": 12_345, "counted": 0, "reason": "accepted"},
        ["Decision: Partly counted", "Pages: 12,345", "Counted pages: 0", "Reason: accepted"],
        ["Decisión: ", "Páginas: 12,345", "Páginas contadas: 0", "Motivo: accepted"],
    ),
    ("month closed", {"month": "2026-10"}, ["Month: October 2026"], ["Mes: octubre de 2026"]),
    ("collection cancelled", {"day": "2026-10-30"}, ["Day: Oct 30, 2026"], ["Día: 30 oct 2026"]),
    ("feed relinked", {"to": "off"}, ["To: off"], [": off"]),
]


@pytest.mark.parametrize(("action", "details", "english", "spanish"), SHOWN)
def test_details_are_words_in_the_language_of_the_viewer(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    action: Action,
    details: dict[str, Any],
    english: list[str],
    spanish: list[str],
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
        actor = Actor(None, "command")
        audit.record(session, actor, action, "Item", account_id=None, details=details, now=NOW)
    ops = log_in("ops@example.com")

    for language, expected in (("en", english), ("es", spanish)):
        ops.post("/language", {"language": language})
        page, sheet = ops.get("/audit").text, ops.get("/audit?export=csv").text
        for text in expected:
            assert text in page
            assert text in sheet
