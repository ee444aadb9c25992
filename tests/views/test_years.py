"""The page of a customer's year."""

from collections.abc import Callable
from datetime import date

import pytest

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import User

Year = Callable[[int], str]


@pytest.fixture
def year(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Year:
    """The page of a year of a customer with pages in 2025 and 2026, in November 2026."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        customer = factories.customer(session)
        factories.user(session, customer, email="cara@example.com")
        feed = factories.feed(session, account=customer)
        factories.deposit(session, feed, day=date(2025, 3, 3), pages=10_000)
        factories.deposit(session, feed, day=date(2026, 10, 5), pages=8_300)
        factories.deposit(session, feed, day=date(2026, 11, 5), pages=8_200)
        factories.certificate(session, customer, month="2026-10", pages=8_300)
        account_id = customer.id
    cara = log_in("cara@example.com")
    return lambda number: cara.get(f"/accounts/{account_id}/years/{number}").text


def test_a_year_is_summarized_in_a_few_lines(year: Year) -> None:
    page, before = year(2026), year(2025)

    assert "The year at a glance" in page
    assert "October 2026, 8,300 pages" in page
    assert "17% fewer pages in January – October 2026" in page
    assert "1 certificate" in page
    assert "<dd>3.18</dd>" in page
    assert "Milestone" not in page
    assert "1 tree in total, reached in March 2025" in before
    assert "Compared with" not in before


def test_a_year_without_pages_is_not_found_and_says_why(year: Year) -> None:
    assert "No pages were counted in that year." in year(2019)


def test_certified_pages_are_summed_before_they_are_converted_to_trees(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        customer = factories.customer(session)
        factories.user(session, customer, email="cara@example.com")
        feed = factories.feed(session, account=customer)
        for month, pages in ((8, 4_130), (9, 8_153)):  # 0.4956 and 0.9784 trees
            factories.deposit(session, feed, day=date(2026, month, 5), pages=pages)
            factories.certificate(session, customer, month=f"2026-{month:02}", pages=pages)
        account_id = customer.id

    page = log_in("cara@example.com").get(f"/accounts/{account_id}/years/2026").text

    assert page.count("<dd>1.47") == 3
    assert "1.48" not in page


def test_a_year_without_pages_has_no_summary(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        customer = factories.customer(session)
        factories.user(session, customer, email="nobody@example.com")
        account_id = customer.id

    page = log_in("nobody@example.com").get(f"/accounts/{account_id}/years/{clock.now().year}").text

    assert "at a glance" not in page
