"""What we read in Printerpoint's answers, and what we do not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.printerpoint.rows import AS_READ, DOCUMENTED, bad_row, printer, read, reason_of
from webapp.domain.reasons import reason
from webapp.messages import sentence
from webapp.printerpoint.schema import BadRow, Printer, Unreadable, read_page


def test_the_documented_row_is_read_with_its_seven_fraction_digits() -> None:
    assert read(DOCUMENTED) == AS_READ


def test_names_are_read_in_any_letter_case() -> None:
    shouted = {name.upper(): value for name, value in DOCUMENTED.items()}
    shouted["COUNTERS"] = {name.lower(): n for name, n in DOCUMENTED["counters"].items()}

    assert read(shouted) == AS_READ


@pytest.mark.parametrize("name", ["lastSeenOn", "lastSeenAt", "lastSeenDateTime", "LASTSEENON"])
def test_last_seen_is_read_by_its_alternative_names(name: str) -> None:
    renamed = {n: v for n, v in DOCUMENTED.items() if n != "lastSeen"}
    renamed[name] = DOCUMENTED["lastSeen"]

    assert read(renamed) == AS_READ
    assert read(renamed | {"lastSeen": None}) == AS_READ


def test_text_is_stripped_and_blank_is_none() -> None:
    found = printer(
        DOCUMENTED
        | {
            "customerCompanyName": "  Bakery ",
            "customerCompanyId": " ",
            "assetId": "",
            "serialNumber": 4_711,
        }
    )

    assert (found.customer_name, found.customer_id) == ("Bakery", None)
    assert (found.asset_id, found.serial_number) == (None, "4711")


def test_control_characters_that_a_database_refuses_become_spaces() -> None:
    found = printer(DOCUMENTED | {"customerCompanyName": "Bak\x00ery\n", "assetId": "\x00"})

    assert (found.customer_name, found.asset_id) == ("Bak ery", None)


@pytest.mark.parametrize(
    "control", [*"\u202a\u202b\u202c\u202d\u202e", *"\u2066\u2067\u2068\u2069"]
)
def test_controls_of_the_direction_of_text_are_removed(control: str) -> None:
    names = {"customerCompanyName": f"Bakery {control}gpj.exe", "customerCompanyId": control}
    found = printer(DOCUMENTED | names)

    assert (found.customer_name, found.customer_id) == ("Bakery gpj.exe", None)


@pytest.mark.parametrize(
    "name", ["مخبز\u200cها", "👩\u200d🌾 Farm", "\u200fמאפייה", "Bak\u00ad\u00e9ry"]
)
def test_marks_that_scripts_need_are_unchanged(name: str) -> None:
    assert printer(DOCUMENTED | {"customerCompanyName": name}).customer_name == name


def test_separators_of_lines_become_spaces() -> None:
    found = printer(DOCUMENTED | {"customerCompanyName": "Bak\u2028ery\u2029"})

    assert found.customer_name == "Bak ery"


def test_a_row_with_an_id_and_no_name_is_called_by_its_id() -> None:
    found = printer(DOCUMENTED | {"customerCompanyName": None})

    assert (found.customer_name, found.customer_id) == ("HARB01", "HARB01")


@pytest.mark.parametrize(
    ("field", "raw", "reason"),
    [
        ("assetId", ["A"], "The asset ID is not text"),
        ("serialNumber", True, "The serial number is not text"),
        ("customerCompanyId", {}, "The customer ID is not text"),
        ("customerCompanyName", "x" * 201, "The customer name is longer than 200 characters"),
        ("lastSeen", "yesterday", "The last-seen is not a date and time"),
        ("lastSeen", 1_700_000_000, "The last-seen is not a date and time"),
        ("counters", "none", "The counters are neither an object nor a list"),
    ],
)
def test_a_field_that_cannot_be_read_makes_a_bad_row(field: str, raw: object, reason: str) -> None:
    assert reason_of(DOCUMENTED | {field: raw}) == reason


def test_a_row_without_a_customer_is_reported() -> None:
    found = bad_row(DOCUMENTED | {"customerCompanyName": " ", "customerCompanyId": None})

    assert found.reason == reason("no_customer")


@pytest.mark.parametrize("row", [None, 7, "printer", [], [DOCUMENTED]])
def test_a_row_that_is_no_object_is_reported(row: object) -> None:
    assert bad_row(row) == BadRow(reason("row_no_object"), None, None, None, None)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2013-07-26T16:45:20.1234567Z", datetime(2013, 7, 26, 16, 45, 20, 123_456, tzinfo=UTC)),
        ("2013-12-31T23:59:59.9999999Z", datetime(2013, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-10-26T16:45:20", datetime(2026, 10, 26, 16, 45, 20, tzinfo=UTC)),
        ("2026-10-26T18:45:20+02:00", datetime(2026, 10, 26, 16, 45, 20, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00.0000000Z", None),
        ("", None),
        (None, None),
    ],
)
def test_moments_are_in_utc_and_those_before_any_printer_are_none(
    raw: str | None, moment: datetime | None
) -> None:
    assert printer(DOCUMENTED | {"lastSeen": raw}).last_seen == moment


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_earliest_and_latest_times_are_read(moment: str) -> None:
    assert read(DOCUMENTED | {"lastSeen": moment}) in (
        bad_row(DOCUMENTED | {"lastSeen": "never"}),
        printer(DOCUMENTED | {"lastSeen": None}),
    )


@pytest.mark.parametrize(
    "links", [b"null", b"{}", b'{"next": null}', b'{"next": ""}', b'{"Next": " "}']
)
def test_the_last_page_has_no_next(links: bytes) -> None:
    assert read_page(b'{"links": ' + links + b', "results": []}').next_url is None


def test_an_answer_without_links_is_the_last_page() -> None:
    assert read_page(b'\xef\xbb\xbf{"Results": []}').next_url is None


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"It works!", "not JSON"),
        (b"<html>", "a web page instead of data"),
        (b'{"results": [{"a"', "cut off in the middle"),
        (b"[]", "JSON, but not an object with results"),
        (b"{}", "an object without results"),
        (b'{"results": null}', "an object whose results are not a list"),
        (b'{"results": [], "links": {"next": 7}}', "an object whose links cannot be read"),
        (b'{"results": ["\xe9"]}', "text in another character set than UTF-8"),
        (b'{"results": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested too deeply"),
    ],
)
def test_malformed_pages_are_distinguished(body: bytes, what: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_page(body)

    assert sentence(caught.value.reason) == what


_text = st.text(alphabet="aZ 09-:.\x00é🖨", max_size=20)

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)

_counters = st.dictionaries(st.sampled_from([*DOCUMENTED["counters"], "PAPERLENGTH"]), _json)

_fields = st.sampled_from([*DOCUMENTED, "LastSeenOn", "ASSETID"])


@pytest.mark.slow
@given(st.dictionaries(_fields, _json), _counters)
def test_any_row_is_a_printer_or_an_error_with_the_reason(
    fields: dict[str, Any], counters: dict[str, Any]
) -> None:
    found = read(DOCUMENTED | {"counters": counters} | fields)

    if isinstance(found, Printer):
        assert found.counters
        assert all(0 <= count < 2**63 for count in found.counters.values())
        assert found.last_seen is None or found.last_seen.tzinfo is UTC
    else:
        assert found.reason
