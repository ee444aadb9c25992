"""Water and CO2 beside pages: off until operations enter a factor and its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from tests.views.test_stale_forms import shown_in
from webapp import clock
from webapp.models import AuditEntry, Equivalent, User
from webapp.services.certificates import equivalents

FORM = "/operations/equivalents"
WATER = {"water_factor": "1300", "water_source": "Paper <Study> 2026"}


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages that show equivalents, as text by address, for a customer with 8,333 pages."""

    cara: Visitor
    addresses: tuple[str, ...]

    def texts(self) -> list[str]:
        """What is on them."""
        return [self.cara.get(address).text for address in self.addresses]


@pytest.fixture
def pages(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Pages:
    """Home, account, year, certificate and public page."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        partner = factories.partner(session)
        customer = factories.customer(session, partner)
        factories.user(session, customer, email="cara@example.com")
        feed = factories.feed(session, factories.server(session, partner), customer)
        factories.deposit(session, feed, day=date(2026, 10, 5), pages=8_333)
        one = factories.certificate(session, customer, pages=8_333)
        addresses = (
            "/",
            f"/accounts/{customer.id}",
            f"/accounts/{customer.id}/years/2026",
            f"/certificates/{one.number}",
            f"/c/{one.public_id}",
        )
    return Pages(log_in("cara@example.com"), addresses)


@pytest.fixture
def ops(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Visitor:
    """A user of operations."""
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
    return log_in("ops@example.com")


def stored(transaction: Transaction) -> dict[str, tuple[Decimal, str]]:
    """Factor and source of each equivalent."""
    with transaction() as session:
        rows = session.scalars(select(Equivalent)).all()
        return {one.kind: (one.per_thousand, one.source) for one in rows}


def test_no_equivalent_is_shown_while_all_are_off(pages: Pages) -> None:
    for text in pages.texts():
        assert "Water" not in text
        assert "CO₂" not in text


def test_an_amount_is_shown_with_its_source(
    pages: Pages, ops: Visitor, transaction: Transaction
) -> None:
    saved = ops.post(FORM, WATER)

    assert saved.status_code == 302
    assert stored(transaction) == {"water": (Decimal(1_300), "Paper <Study> 2026")}
    for text in pages.texts():
        assert "10,833 liters" in text
        assert "Source: Paper &lt;Study&gt; 2026" in text
        assert "CO₂</dt>" not in text


def test_an_equivalent_is_switched_off_by_empty_fields_and_each_change_is_audited(
    ops: Visitor, transaction: Transaction
) -> None:
    co2 = {"co2_factor": "4.70", "co2_source": "A"}
    ops.post(FORM, WATER | co2)
    ops.post(FORM, WATER | co2)
    ops.post(FORM, dict.fromkeys(WATER, "") | co2)

    assert stored(transaction) == {"co2": (Decimal("4.70"), "A")}
    with transaction() as session:
        entries = session.execute(
            select(AuditEntry.subject, AuditEntry.details)
            .where(AuditEntry.action == "equivalent changed")
            .order_by(AuditEntry.id)
        ).all()
    study = "1300, Paper <Study> 2026"
    assert [tuple(entry) for entry in entries] == [
        ("water", {"before": "–", "after": study}),
        ("co2", {"before": "–", "after": "4.70, A"}),
        ("water", {"before": study, "after": "–"}),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"water_factor": "1300"},
        {"water_source": "A study"},
        {"water_factor": "many", "water_source": "A study"},
        {"water_factor": "0", "water_source": "A study"},
        {"water_factor": "-5", "water_source": "A study"},
        {"water_factor": "nan", "water_source": "A study"},
        {"water_factor": "Infinity", "water_source": "A study"},
        {"water_factor": "1000001", "water_source": "A study"},
        {"water_factor": "0.0000001", "water_source": "A study"},
        {"water_factor": "1e400000", "water_source": "A study"},
        {"co2_factor": "5", "co2_source": "A" * 201},
        {"co2_factor": "5", "co2_source": "A\u202estudy"},
    ],
)
def test_a_factor_without_a_source_or_out_of_range_changes_nothing(
    ops: Visitor, transaction: Transaction, fields: Mapping[str, str]
) -> None:
    response = ops.post(FORM, fields)

    assert response.status_code == 422
    assert stored(transaction) == {}


def test_a_source_that_is_too_long_is_named(ops: Visitor) -> None:
    response = ops.post(FORM, {"co2_factor": "5", "co2_source": "A" * 201})

    assert "Shorten the source to 200 characters." in response.text
    assert "Shorten the name" not in response.text


def test_changing_an_equivalent_requires_the_password_again(
    ops: Visitor, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)

    response = ops.post(FORM, WATER)

    assert response.location.startswith("/confirm?")
    assert stored(transaction) == {}


def test_removing_an_equivalent_twice_is_audited_once(transaction: Transaction) -> None:
    with transaction() as session:
        equivalents.change(session, "co2", Decimal(5), "A study", NOW)
        removed = (equivalents.remove(session, "co2"), equivalents.remove(session, "co2"))

    assert removed == (("5, A study", "–"), None)


def test_an_amount_that_was_not_edited_does_not_replace_a_newer_one(
    ops: Visitor, transaction: Transaction
) -> None:
    shown = shown_in(ops.get(FORM).text)
    ops.post(FORM, WATER | {"co2_factor": "", "co2_source": "", "shown": shown})

    ops.post(
        FORM,
        {
            "water_factor": "",
            "water_source": "",
            "co2_factor": "6.2",
            "co2_source": "Paper study",
            "shown": shown,
        },
    )

    assert stored(transaction) == {
        "water": (Decimal(1300), WATER["water_source"]),
        "co2": (Decimal("6.2"), "Paper study"),
    }
