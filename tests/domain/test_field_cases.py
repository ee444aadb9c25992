"""Small inputs from the field, five nights each, through the metering engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.domain.field import run

CASES = sorted((Path(__file__).parent / "field_cases").glob("*.json"))


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("reverse", [False, True], ids=["in_order", "reversed"])
@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
def test_field_cases_deposit_the_expected_pages(path: Path, reverse: bool, twice: bool) -> None:
    case = _load(path)
    expect = case["expect"]

    service = run(case["nights"], reverse=reverse, twice=twice)

    total = service.total()
    assert total == expect.get("deposited", total)
    assert total <= expect.get("deposited_at_most", total)
    assert total >= expect.get("deposited_at_least", total)
    first = expect.get("no_day_before", "0001-01-01")
    assert all(day.isoformat() >= first for _, day in service.deposits())
