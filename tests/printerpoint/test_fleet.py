"""Rows by customer, and what is in memory."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.reasons import reason
from webapp.printerpoint.fleet import Customer, Fleet
from webapp.printerpoint.schema import BadRow, Printer

SEEN = datetime(2026, 10, 5, 12, tzinfo=UTC)


def row(customer_id: str | None, name: str, serial: str) -> Printer:
    """A printer's row."""
    return Printer(name, customer_id, None, serial, SEEN, {"coloredPagesByMonochrome": 1})


def serials(fleet: Fleet, customer_id: str | None, name: str) -> list[str | None]:
    """The serial numbers of a customer's rows."""
    return [printer.serial_number for printer in fleet.printers_of(customer_id, name)[0]]


def test_customers_are_grouped_by_id_and_sorted_by_name() -> None:
    with Fleet() as fleet:
        fleet.add([row("S", "School", "1"), row(None, "bakery", "2"), row("S", "School", "3")])
        fleet.add([row("S", "School", "4")])

        assert fleet.printers == 4
        assert fleet.customers() == [Customer("bakery", None, 1), Customer("School", "S", 3)]
        assert serials(fleet, "S", "School") == ["1", "3", "4"]


def test_a_customer_renamed_while_the_fleet_is_read_has_its_latest_name() -> None:
    with Fleet() as fleet:
        fleet.add([row("S", "School", "1"), row("S", "Academy", "2")])
        fleet.add([row("S", "School", "3"), row("S", "Academy", "4")])

        assert fleet.customers() == [Customer("Academy", "S", 4)]
        assert fleet.find("S", "School") == Customer("Academy", "S", 4)
        assert sorted(map(str, serials(fleet, "S", "anything"))) == ["1", "2", "3", "4"]


def test_rows_without_an_id_belong_to_the_only_id_of_their_name() -> None:
    with Fleet() as fleet:
        fleet.add([row(None, "School", "1"), row("S", "School", "2")])

        assert fleet.customers() == [Customer("School", "S", 2)]
        assert sorted(map(str, serials(fleet, "S", "School"))) == ["1", "2"]
        assert sorted(map(str, serials(fleet, None, "School"))) == ["1", "2"]


def test_rows_without_an_id_whose_name_two_ids_have_are_a_separate_customer() -> None:
    with Fleet() as fleet:
        fleet.add([row("A", "Acme", "1"), row("B", "Acme", "2"), row(None, "Acme", "3")])

        assert len(fleet.customers()) == 3
        assert serials(fleet, "A", "Acme") == ["1"]
        assert serials(fleet, "B", "Acme") == ["2"]
        assert serials(fleet, None, "Acme") == ["3"]
        assert fleet.find(None, "Acme") == Customer("Acme", None, 1)


def test_a_feed_connected_by_name_matches_an_id_added_later() -> None:
    with Fleet() as fleet:
        fleet.add([row("S", "School", "1")])

        assert fleet.find(None, "School") == Customer("School", "S", 1)
        assert serials(fleet, None, "School") == ["1"]


def test_a_feed_connected_by_id_matches_rows_whose_id_was_removed() -> None:
    with Fleet() as fleet:
        fleet.add([row(None, "School", "1")])

        assert fleet.find("S", "School") == Customer("School", None, 1)
        assert serials(fleet, "S", "School") == ["1"]


def test_a_feed_connected_by_id_never_matches_rows_of_another_id() -> None:
    with Fleet() as fleet:
        fleet.add([row("T", "School", "1"), row(None, "School", "2")])

        assert fleet.find("S", "School") is None
        assert serials(fleet, "S", "School") == []


def test_names_match_exactly() -> None:
    with Fleet() as fleet:
        fleet.add([row(None, "School", "1")])

        assert fleet.find(None, "school") is None
        assert fleet.find(None, "School ") is None


def test_an_id_without_a_name_gets_the_name_of_another_row() -> None:
    with Fleet() as fleet:
        fleet.add([row("S", "School", "1"), row("S", "S", "2")])

        assert fleet.customers() == [Customer("School", "S", 2)]


def test_bad_rows_are_reported_with_their_customer_or_the_fleet() -> None:
    nameless = BadRow(reason("no_customer"), None, None, "A", "1")
    bad = BadRow(reason("no_page_counter"), "School", "S", None, "2")
    with Fleet() as fleet:
        fleet.add([nameless, bad, row("S", "School", "3")])

        assert fleet.bad_rows == [nameless]
        assert fleet.printers_of("S", "School") == ([row("S", "School", "3")], [bad])
        assert (fleet.printers, fleet.rows) == (1, 3)


def test_a_customer_of_bad_rows_only_has_no_printers() -> None:
    with Fleet() as fleet:
        fleet.add([BadRow(reason("no_page_counter"), "School", None, None, None)])

        assert fleet.customers() == [Customer("School", None, 0)]


def test_rows_without_a_customer_are_stored_up_to_a_limit_and_counted_beyond() -> None:
    with Fleet() as fleet:
        fleet.add(BadRow(reason("row_no_object"), None, None, None, None) for _ in range(1_500))

        assert len(fleet.bad_rows) == 1_000
        assert fleet.bad_row_count == 1_500


def test_lookups_and_additions_may_alternate() -> None:
    with Fleet() as fleet:
        fleet.add([row("S", "School", "1")])
        assert serials(fleet, "S", "School") == ["1"]
        fleet.add([row("S", "School", "2")])

        assert serials(fleet, "S", "School") == ["1", "2"]


def test_a_closed_fleet_raises_an_error() -> None:
    fleet = Fleet()
    fleet.add([row("S", "School", "1")])
    fleet.close()

    with pytest.raises(ValueError, match="closed"):
        fleet.printers_of("S", "School")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_fleet() -> None:
    def peak(pages: int) -> int:
        tracemalloc.start()
        with Fleet() as fleet:
            for page in range(pages):
                fleet.add(row("S", "School", f"{page}-{n}") for n in range(2_000))
            peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    # Ten thousand rows are spooled in memory yet; a hundred thousand are on disk.
    assert peak(50) < 24_000_000


_labels = st.tuples(st.sampled_from([None, "1", "2", "3"]), st.sampled_from(["A", "B", "1"]))


@pytest.mark.slow
@given(st.lists(st.lists(_labels, max_size=8), max_size=4))
def test_every_row_belongs_to_exactly_one_customer(pages: list[list[tuple[str, str]]]) -> None:
    with Fleet() as fleet:
        for number, page in enumerate(pages):
            fleet.add(row(i, n, f"{number}-{at}") for at, (i, n) in enumerate(page))

        customers = fleet.customers()
        found = [s for c in customers for s in serials(fleet, c.customer_id, c.name)]

        assert sorted(map(str, found)) == sorted(
            f"{number}-{at}" for number, page in enumerate(pages) for at in range(len(page))
        )
        assert sum(customer.printers for customer in customers) == fleet.printers
        for customer in customers:
            assert fleet.find(customer.customer_id, customer.name) == customer
