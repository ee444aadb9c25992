"""``releaf equivalent``: factors and sources from the command line."""

import pytest
from sqlalchemy import select

from tests.cli.conftest import Releaf
from webapp.models import AuditEntry


def test_an_equivalent_is_set_and_removed_and_audited(releaf: Releaf) -> None:
    set_water = ("equivalent", "set", "water", "--per-1000-pages", "1300.5", "--source", "A study")
    document = releaf.made(*set_water)
    again = releaf(*set_water)
    removed = releaf("equivalent", "remove", "water")

    assert document == {"kind": "water", "per_1000_pages": "1300.5", "source": "A study"}
    assert again.out == "water: 1300.5 per 1,000 pages (A study)\n"
    assert removed.out == "water: off\n"
    with releaf.session() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == ["equivalent changed"] * 2


@pytest.mark.parametrize(
    ("factor", "source", "option", "remedy"),
    [
        ("x", "A study", "--per-1000-pages", "at most 6 decimals"),
        ("5", " ", "--source", "Enter the source"),
        ("5", "A" * 201, "--source", "Shorten the source to 200 characters."),
    ],
)
def test_an_invalid_value_is_refused_with_its_option_and_the_remedy(
    releaf: Releaf, factor: str, source: str, option: str, remedy: str
) -> None:
    command = ("equivalent", "set", "co2", "--per-1000-pages", factor, "--source", source)

    result = releaf(*command)
    document = releaf(*command, "--json")

    assert result.code == 2
    assert f"Invalid value for '{option}': " in result.err
    assert remedy in result.err
    assert document.error[0] == option.removeprefix("--").replace("-", "_")
