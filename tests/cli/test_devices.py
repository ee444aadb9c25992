"""``releaf device``: which device an argument means."""

import pytest

from tests import factories
from tests.cli.conftest import Releaf


@pytest.fixture
def clinic(releaf: Releaf) -> Releaf:
    """A feed with the devices 1 (SA1, asset Ward-7), 2 (sb2) and 3 (SB2)."""
    with releaf.session() as session:
        feed = factories.feed(session, customer_name="Clinic")
        factories.device(session, feed, serial_number="SA1", asset_id="Ward-7")
        factories.device(session, feed, serial_number="sb2", asset_id="")
        factories.device(session, feed, serial_number="SB2", asset_id="")
    return releaf


@pytest.mark.parametrize("text", ["SA1", "sa1", "Sa1", " sa1\t", "Ward-7", "WARD-7", " ward-7 "])
def test_a_device_is_found_in_any_letter_case(clinic: Releaf, text: str) -> None:
    history = clinic.made("device", "history", text)

    assert (history["id"], history["serial_number"], history["asset_id"]) == (1, "SA1", "Ward-7")


@pytest.mark.parametrize(("text", "found"), [("sb2", 2), ("SB2", 3), (" SB2 ", 3)])
def test_an_exact_match_comes_first(clinic: Releaf, text: str, found: int) -> None:
    assert clinic.made("device", "history", text)["id"] == found


def test_several_matches_are_listed(clinic: Releaf) -> None:
    result = clinic("device", "history", "Sb2", "--json")

    assert (result.code, result.error[0]) == (2, "device")
    assert "'Sb2' matches more than one device. Give one of the ids 2, 3." in result.error[1]


def test_an_id_comes_before_a_serial_number(clinic: Releaf) -> None:
    with clinic.session() as session:
        factories.device(session, serial_number="1")
        factories.device(session, serial_number="77")

    assert clinic.made("device", "history", " 1 ")["id"] == 1
    assert clinic.made("device", "history", "77")["id"] == 5


@pytest.mark.parametrize(
    "text", ["", " ", "\t", "\u202e", "%", "SA_", "S%", "SA", "ward", "' or 1"]
)
def test_other_texts_match_no_device(clinic: Releaf, text: str) -> None:
    result = clinic("device", "history", "--json", "--", text)

    assert (result.code, result.error[0]) == (2, "device")
    assert "There is no device" in result.error[1]
