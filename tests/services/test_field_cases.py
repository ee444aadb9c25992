"""Small inputs from the field, five nights each, through parser, collection and database."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import select

from tests.database import open_session
from tests.field.product import Product
from tests.field.subject import Company
from webapp.models import Outcome

CASES = sorted((Path(__file__).parents[1] / "domain" / "field_cases").glob("*.json"))
FIRST_NIGHT = date(2026, 10, 19)
MONO = "coloredPagesByMonochromeInClicks"
COLOUR = "coloredPagesByColorInClicks"
pytestmark = pytest.mark.slow

Arrangement = Literal["in_order", "reversed", "twice"]


@pytest.mark.parametrize("arrangement", ["in_order", "reversed", "twice"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_field_cases_deposit_the_expected_pages(
    database_url: str, path: Path, arrangement: Arrangement
) -> None:
    case: dict[str, Any] = json.loads(path.read_text())
    nights = [[_row(cell, _day(n)) for cell in night] for n, night in enumerate(case["nights"])]
    product = Product(database_url)
    product.connect(_companies(nights, backwards=arrangement == "reversed"), FIRST_NIGHT)

    for number, rows in enumerate(nights):
        product.night(_day(number), rows[::-1] if arrangement == "reversed" else rows)
        if arrangement == "twice":
            before = product.deposits()
            product.night(_day(number), rows)
            assert product.deposits() == before

    expect, deposits = case["expect"], product.deposits()
    total = sum(deposits.values())
    assert product.failures == {}
    assert total == expect.get("deposited", total)
    assert total <= expect.get("deposited_at_most", total)
    assert total >= expect.get("deposited_at_least", total)
    first = date.fromisoformat(expect.get("no_day_before", "0001-01-01"))
    assert all(day >= first for (_, day), pages in deposits.items() if pages)
    if "outcome" in expect:
        assert set(_outcomes(database_url)) <= {expect["outcome"], "unchanged"}
    assert product.differences() == []


def _day(number: int) -> date:
    return FIRST_NIGHT + timedelta(days=number)


def _row(cell: Mapping[str, Any], day: date) -> dict[str, Any]:
    return {
        "customerCompanyName": f"Company {cell['c']}",
        "customerCompanyId": cell.get("id", f"ID-{cell['c']}"),
        "assetId": cell.get("a"),
        "serialNumber": cell.get("s"),
        "lastSeen": cell.get("seen", f"{day}T23:11:00.0000000Z"),
        "counters": cell.get("counters") or {MONO: cell.get("n"), COLOUR: 0},
    }


def _companies(nights: Sequence[Sequence[Mapping[str, Any]]], *, backwards: bool) -> list[Company]:
    found = {
        row["customerCompanyId"]: row["customerCompanyName"] for rows in nights for row in rows
    }
    companies = [Company(key, name, key) for key, name in sorted(found.items())]
    return companies[::-1] if backwards else companies


def _outcomes(database_url: str) -> Counter[str]:
    with open_session(database_url) as session:
        return Counter(session.scalars(select(Outcome.outcome)))
