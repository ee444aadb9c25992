"""``releaf equivalent``: factors and sources from the command line."""

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


def test_an_invalid_factor_is_refused_with_the_remedy(releaf: Releaf) -> None:
    result = releaf("equivalent", "set", "co2", "--per-1000-pages", "x", "--source", "A study")

    assert result.code == 2
    assert "at most 6 decimals" in result.err
