"""Recounts of a fleet in ordinary noise: what the present rules counted stays, and comes back."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.database import open_session
from tests.field.fleet import Size
from tests.field.product import Product
from tests.field.run import run
from tests.old_rules import meter_by_old_rules
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.models import Account, Feed
from webapp.services.accounts.audit import Actor
from webapp.services.metering import recount

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIZE = Size(printers=150, customers=8, nights=14, every_kind=True)


def recounted(url: str, *, applies: bool) -> tuple[int, Counter[str]]:
    """How many pages a recount adds, and the reasons it gives for devices."""
    with open_session(url) as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        actor = Actor(None, "command") if applies else None
        found = recount.recount(session, partner, DEFAULT_LIMITS, NOW, actor=actor)
        session.commit()
        reasons = Counter(one.why["code"] for row in found for one in row.devices)
        return sum(row.after - row.before for row in found), reasons


@pytest.mark.usefixtures("app")
def test_a_recount_of_an_earlier_versions_data_equals_the_present_rules(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'releaf.db'}"
    product = Product(url)
    run(3, SIZE, product)
    truth = sum(product.deposits().values())

    # Of what the present rules counted, nothing changes.
    pages, reasons = recounted(url, applies=True)
    assert (pages, set(reasons) <= {"recount_unclear"}) == (0, True)

    with open_session(url) as session:
        meter_by_old_rules(session, session.scalars(select(Feed.id)).all())
    by_old_rules = sum(product.deposits().values())
    recounted(url, applies=True)
    pages = sum(product.deposits().values())
    assert by_old_rules > truth * 1.2
    # A counter that joins shows only in answers; its first count may be taken for pages.
    assert abs(pages - truth) < truth * 0.03
    assert product.differences() == []
    assert recounted(url, applies=True) == (0, Counter())
