"""``releaf recount``: open months by the present rules."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.cli.conftest import Releaf
from tests.factories import TODAY
from tests.old_rules import meter_by_old_rules
from webapp.models import AuditEntry, Feed

FIRST = date(2026, 11, 9)


def spiked(releaf: Releaf, name: str = "Harbour Architects") -> int:
    """A feed whose one printer showed a count that was too high for a night."""
    with releaf.session() as session:
        feed = factories.feed(session, customer_name=name)
        feed.created_at = datetime.combine(FIRST, feed.created_at.timetz())
        device = factories.device(
            session,
            feed,
            asset_id="RECEPTION",
            initial_count=1_000,
            first_on=FIRST,
            latest_on=FIRST + timedelta(days=3),
        )
        for days, count in enumerate((1_000, 1_100, 5_100, 1_200, 1_300)):
            factories.reading(
                session, device, day=FIRST + timedelta(days), count=count, baseline=not days
            ).last_seen_at = None
        meter_by_old_rules(session, [feed.id])
        return feed.id


def test_a_dry_run_changes_nothing_and_apply_does_what_it_listed(releaf: Releaf) -> None:
    feed = spiked(releaf)

    listed = releaf.made("recount", "--dry-run")
    plain = releaf("recount", "--dry-run").out
    done = releaf.made("recount", "--apply")

    [row] = listed["feeds"]
    devices = row.pop("devices")
    assert (listed["applied"], done["applied"]) == (False, True)
    assert listed["feeds"] == [
        {
            "feed": feed,
            "server": 1,
            "account": row["account"],
            "account_name": "Harbour Architects",
            "customer_name": "Harbour Architects",
            "month": "2026-11",
            "before": 4_200,
            "after": 300,
        }
    ]
    assert devices[0] == {
        "device": 1,
        "asset_id": "RECEPTION",
        "serial_number": devices[0]["serial_number"],
        "day": "2026-11-11",
        "before": 4_000,
        "after": 0,
        "why": "taken_back",
        "message": "later readings canceled these pages",
        "left": False,
    }
    assert "RECEPTION (device 1): 4,000 -> 0, later readings canceled these pages" in plain
    assert plain.splitlines()[1].split()[-3:] == ["2026-11", "4,200", "300"]
    assert "nothing was changed" in plain
    assert done["feeds"] == [{**row, "devices": devices}]
    assert releaf.made("recount", "--apply")["feeds"] == []
    assert releaf.made("reconcile")["differences"] == []


def test_an_account_or_a_feed_is_recounted_alone(releaf: Releaf) -> None:
    spiked(releaf)
    other = spiked(releaf, "Bluebird Bakery")

    by_account = releaf.made("recount", "--dry-run", "--account", "Bluebird Bakery")
    by_feed = releaf.made("recount", "--apply", "--feed", other)

    assert [row["feed"] for row in by_account["feeds"]] == [other]
    assert [row["feed"] for row in by_feed["feeds"]] == [other]
    assert len(releaf.made("recount", "--dry-run")["feeds"]) == 1
    with releaf.session() as session:
        query = select(AuditEntry.account_id).where(AuditEntry.action == "pages recounted")
        partner = session.get_one(Feed, other).server.account_id
        assert session.scalars(query).all() == [partner]


@pytest.mark.parametrize("given", [[], ["--dry-run", "--apply"]])
def test_an_account_or_a_feed_is_required(releaf: Releaf, given: list[str]) -> None:
    result = releaf("recount", *given, "--json")

    assert result.code == 2
    assert result.error == (None, "Give either --dry-run or --apply.")


def test_a_recount_without_a_difference_is_reported(releaf: Releaf) -> None:
    with releaf.session() as session:
        factories.reading(session, day=TODAY)

    assert "the same pages" in releaf("recount", "--dry-run").out
