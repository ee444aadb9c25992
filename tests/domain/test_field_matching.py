"""Which device a row is, by serial number and by asset ID."""

from tests.domain.field import MONO, SIZE, Service, cell, history, run, totals


def reasons(service: Service) -> list[tuple[str | None, str]]:
    """Asset ID and reason of the rows that are only reported."""
    return [(row.asset_id, reason) for row, reason in service.unmatched]


def test_a_machine_without_a_serial_number_is_reset_like_any_other() -> None:
    service = run([[cell(count, s=None)] for count in (10_000, 50, 90, 130)])

    assert totals(service) == [80]
    assert [kind for kind, _, _ in history(service, "reset", "does_not_continue")] == ["reset"]


def test_machines_without_serial_numbers_are_known_by_their_asset_ids() -> None:
    first = [cell(10_000, s=None), cell(10_100, s=None, a="A-2")]
    second = [cell(10_105, s=None), cell(10_300, s=None, a="A-2")]

    assert totals(run([first, second], twice=True)) == [105, 200]


def test_a_second_row_of_an_asset_id_without_serial_numbers_is_reported() -> None:
    cells = [[cell(10_000 + 10 * n, s=None), cell(7_000 + 10 * n, s=None)] for n in range(3)]

    service = run(cells)

    assert totals(service) == [20]
    assert reasons(service) == [("A-1", "same_identity")] * 3


def test_rows_without_any_identity_are_reported() -> None:
    cells = [[cell(10_000, s=None, a=None), cell(7_000, s=None, a=None)]]

    service = run(cells)

    assert totals(service) == []
    assert reasons(service) == [(None, "no_identity")] * 2


def test_a_row_that_continues_two_machines_alike_is_the_one_with_a_known_serial_number() -> None:
    cells = [[cell(10_000), cell(10_501, s=None)], [cell(10_501)], [cell(10_520, s=None)]]

    assert totals(run(cells, twice=True)) == [520, 0]


def test_a_row_that_continues_two_machines_is_the_one_with_the_nearest_count() -> None:
    cells = [[cell(10_000), cell(10_501, s=None)], [cell(10_520, s=None)]]

    assert totals(run(cells, twice=True)) == [0, 19]


def test_a_row_without_a_serial_number_is_not_a_machine_that_is_listed_elsewhere() -> None:
    cells = [[cell(10_000)], [cell(10_050, id="ID-D"), cell(10_090, s=None)]]

    service = run(cells, twice=True)

    assert totals(service) == [50, 0]
    assert service.total(2) == 50


def test_repeated_rows_are_reported_as_duplicates() -> None:
    repeated = cell(10_000, s=None)

    service = run([[cell(10_000), repeated, repeated]])

    assert [row.serial_number for row in service.duplicates] == [None, None]


def test_rows_agree_by_the_counters_that_meter_the_machine() -> None:
    cells = [
        [
            cell(0, counters={SIZE: 10_000 + 100 * n, MONO: 5 if n else 0}),
            cell(0, counters={SIZE: 10_000 + 100 * n, MONO: 30_000 if n else 0}, a="A-2"),
        ]
        for n in range(4)
    ]

    service = run(cells, twice=True)

    assert totals(service) == [300]
    assert history(service, "disputed") == []


def test_a_later_row_with_other_counters_does_not_replace_the_one_that_is_metered() -> None:
    cells = [
        [
            cell(10_000 + 100 * n, seen=f"2026-10-{19 + n}T15:00:00Z"),
            cell(0, counters={SIZE: 9_000 + 100 * n}, a="A-2", seen=f"2026-10-{19 + n}T22:00:00Z"),
        ][: n + 1]
        for n in range(5)
    ]

    service = run(cells, twice=True)

    assert totals(service) == [400]
    assert service.incomplete == []
