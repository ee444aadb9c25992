"""Closing months and issuing certificates."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.images import pictures
from tests.world import World
from webapp.domain.months import Month
from webapp.domain.reasons import Reason
from webapp.errors import Conflict
from webapp.images import sanitize_logo
from webapp.messages import sentence
from webapp.models import Account, Certificate, Feed, Server
from webapp.queries import certificates as certificate_queries
from webapp.services.accounts import branding
from webapp.services.certificates import certificates, months
from webapp.services.servers import health

OCTOBER = Month(2026, 10)
LAST = date(2026, 10, 31)
GRACE = months.Grace(2, time(6))
AFTER_GRACE = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)  # 06:00 in New York


def account_of(world: World, feed_id: int) -> Account:
    """The account of a feed, with what hangs on it."""
    with world.session() as session:
        account = session.get_one(Feed, feed_id).account
        assert account.partner is not None
        return account


def reason(world: World, feed_id: int, now: datetime) -> Reason | None:
    """Why October has to wait."""
    with world.session() as session:
        account = session.get_one(Feed, feed_id).account
        return months.reason_to_keep_open(session, account, OCTOBER, now, GRACE)


def printed_in_october(world: World, pages: int) -> int:
    """A feed with pages on Friday 30 October, read until the month ended."""
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", S1=91_000)
    world.night(date(2026, 10, 29))
    world.printerpoint.print_pages("S1", pages)
    for day in (date(2026, 10, 30), LAST):
        world.night(day)
    return feed


def test_a_month_waits_for_its_grace_in_the_partners_zone(world: World) -> None:
    feed = printed_in_october(world, 4_345)

    before = reason(world, feed, AFTER_GRACE - timedelta(seconds=1))
    after = reason(world, feed, AFTER_GRACE)

    assert sentence(before) == (
        "2026-10 of Harbour Architects, LLP closes on 2026-11-02 at 06:00 (America/New_York)"
    )
    assert after is None


@pytest.mark.both_databases
def test_a_month_waits_for_its_last_night_unless_the_server_is_unhealthy(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(date(2026, 10, 29))

    waits = reason(world, feed, AFTER_GRACE)
    world.printerpoint.refuse()
    world.night(LAST)
    blocked = reason(world, feed, AFTER_GRACE)

    assert sentence(waits) == (
        "2026-10 of Clinic waits for the night of 2026-10-31 of server Printerpoint (id 1); "
        "collect it first"
    )
    assert blocked is None


def test_a_month_does_not_wait_for_a_server_whose_token_cannot_be_decrypted(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(date(2026, 10, 29))
    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        health.token_unreadable(session, server, AFTER_GRACE)
        session.commit()

    assert reason(world, feed, AFTER_GRACE) is None


def test_a_certificate_states_pages_trees_and_the_factor(world: World) -> None:
    feed = printed_in_october(world, 4_345)

    with world.session() as session:
        account = session.get_one(Feed, feed).account
        certificate = months.close(session, account, OCTOBER, AFTER_GRACE, "Andes")
        session.commit()

    assert certificate is not None
    assert certificate.number == f"R-2026-10-{certificate.id:06}"
    assert (certificate.pages, certificate.trees) == (4_345, Decimal("0.52"))
    assert (certificate.pages_per_tree, certificate.project) == (8_333, "Andes")
    assert (certificate.account_name, certificate.partner_name) == (
        "Harbour Architects, LLP",
        "Northwind Print",
    )
    assert certificate.issued_on == date(2026, 11, 2)


@pytest.mark.both_databases
@pytest.mark.slow
def test_a_certificate_has_the_brand_of_its_day_of_issue_permanently(world: World) -> None:
    feed = printed_in_october(world, 500)
    pictured = sanitize_logo(pictures.png())
    with world.session() as session:
        customer = session.get_one(Feed, feed).account
        partner = customer.partner
        assert partner is not None
        branding.change(
            session, partner, name="Northwind Green", colour="", logo=pictured, now=AFTER_GRACE
        )
        issued = months.close(session, customer, OCTOBER, AFTER_GRACE, "Andes")
        assert issued is not None
        branding.change(
            session, partner, name="Another", colour="", logo=sanitize_logo(pictures.png((9, 9))),
            now=AFTER_GRACE,
        )  # fmt: skip
        branding.reset(session, partner)
        session.commit()

    with world.session() as session:
        certificate = session.get_one(Certificate, issued.id)
        values = certificates.values(session, certificate, "https://releaf.example")
        session.commit()
    assert (values.partner_name, values.logo) == ("Northwind Green", pictured.content)


def test_a_certificate_of_a_partner_without_a_brand_has_its_name_only(world: World) -> None:
    feed = printed_in_october(world, 500)

    with world.session() as session:
        certificate = months.close(
            session, session.get_one(Feed, feed).account, OCTOBER, AFTER_GRACE, "Andes"
        )
        assert certificate is not None
        values = certificates.values(session, certificate, "https://releaf.example")
        session.commit()

    assert (values.partner_name, values.logo) == ("Northwind Print", None)


@pytest.mark.both_databases
def test_closing_twice_issues_once_and_returns_the_same(world: World) -> None:
    feed = printed_in_october(world, 500)

    first = world.close_month(feed, "2026-10", AFTER_GRACE)
    second = world.close_month(feed, "2026-10", AFTER_GRACE + timedelta(days=3))

    assert (first, second) == (500, 500)
    with world.session() as session:
        assert len(session.scalars(select(Certificate)).all()) == 1


def test_a_month_without_pages_closes_without_a_certificate(world: World) -> None:
    feed = printed_in_october(world, 0)

    assert world.close_month(feed, "2026-10", AFTER_GRACE) is None
    with world.session() as session:
        account = session.get_one(Feed, feed).account
        assert months.is_closed(session, account, OCTOBER)


def test_months_close_in_order(world: World) -> None:
    feed = printed_in_october(world, 500)

    with world.session() as session:
        account = session.get_one(Feed, feed).account
        with pytest.raises(Conflict, match="2026-10 of Harbour"):
            months.close(session, account, Month(2026, 11), AFTER_GRACE, "Andes")


@pytest.mark.both_databases
def test_late_pages_have_their_own_line(world: World) -> None:
    feed = world.create_feed("School", "SCH", S1=100)
    world.night(date(2026, 10, 29))
    world.printerpoint.stop_agent("School")
    for day in (30, 31):
        world.night(date(2026, 10, day))
    world.close_month(feed, "2026-10", AFTER_GRACE)
    world.printerpoint.start_agent("School")
    world.printerpoint.print_pages("S1", 30)
    world.night(date(2026, 11, 3))

    with world.session() as session:
        account = session.get_one(Feed, feed).account
        now = datetime(2026, 12, 2, 12, tzinfo=UTC)
        certificate = months.close(session, account, Month(2026, 11), now, "Andes")
        assert certificate is not None
        values = certificates.values(session, certificate, "https://releaf.example")
        session.commit()

    assert (values.pages, values.late_pages) == (30, 10)
    assert values.late_months == (date(2026, 10, 1),)


@pytest.mark.both_databases
def test_a_document_is_stored_once(world: World) -> None:
    feed = printed_in_october(world, 500)
    world.close_month(feed, "2026-10", AFTER_GRACE)

    with world.session() as session:
        certificate = session.scalars(select(Certificate)).one()
        waiting = list(certificate_queries.pending_render(session))
        certificates.store_document(session, certificate.id, b"first", AFTER_GRACE)
        certificates.store_document(session, certificate.id, b"second", AFTER_GRACE)
        session.commit()
        document = certificate_queries.document(session, certificate)

        assert waiting == [certificate.id]
        assert document is not None
        assert document.pdf == b"first"
        assert list(certificate_queries.pending_render(session)) == []


def test_a_certificate_stays_as_it_was_when_the_account_is_renamed(world: World) -> None:
    feed = printed_in_october(world, 500)
    world.close_month(feed, "2026-10", AFTER_GRACE)

    with world.session() as session:
        session.get_one(Feed, feed).account.name = "Harbour & Sons"
        session.commit()

    assert account_of(world, feed).name == "Harbour & Sons"
    with world.session() as session:
        assert session.scalars(select(Certificate)).one().account_name == "Harbour Architects, LLP"
