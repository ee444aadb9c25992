"""The client against the sandbox: its requests, what it reads, its retries."""

import base64
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.printerpoint.fake_clock import FakeClock
from tests.printerpoint.hostile_answers import answer
from webapp import clock
from webapp.domain.reasons import reason
from webapp.printerpoint.client import Client, RequestLimits
from webapp.printerpoint.errors import Malformed, PrinterpointError, Refused, Unreachable
from webapp.printerpoint.sandbox import Sandbox

MakeClient = Callable[[RequestLimits], Client]


def school(printerpoint: Sandbox, printers: int) -> None:
    """A customer with so many printers."""
    customer = printerpoint.add_customer("School", customer_id="SCH")
    for n in range(printers):
        printerpoint.add_printer(customer, serial=f"S{n:02}", asset=f"A{n:02}", count=100 + n)


def failure(client: Client) -> PrinterpointError:
    """What reading the fleet fails with."""
    with pytest.raises(PrinterpointError) as caught, client.fleet():
        pass
    return caught.value


def test_a_fleet_is_read_page_after_page(printerpoint: Sandbox, client: Client) -> None:
    school(printerpoint, 12)
    counts: list[int] = []

    with client.fleet(on_page=counts.append) as fleet:
        printers, bad_rows = fleet.printers_of("SCH", "School")

    assert counts == [5, 10, 12]
    assert [printer.serial_number for printer in printers] == [f"S{n:02}" for n in range(12)]
    assert sum(printers[11].counters.values()) == 111
    assert bad_rows == []
    assert list(printerpoint.calls) == [
        "GET /apis/v1/dealer/printers",
        "GET /apis/v1/dealer/printers?page=2",
        "GET /apis/v1/dealer/printers?page=3",
    ]


def test_a_dealer_without_printers_has_an_empty_fleet(client: Client) -> None:
    with client.fleet() as fleet:
        assert (fleet.printers, fleet.customers()) == (0, [])


def test_a_check_is_one_call(printerpoint: Sandbox, client: Client) -> None:
    school(printerpoint, 12)

    client.check()

    assert list(printerpoint.calls) == ["GET /apis/v1/dealer/printers"]


def test_a_compressed_response_is_read(printerpoint: Sandbox, client: Client) -> None:
    school(printerpoint, 12)
    answer(printerpoint, "gzip")

    with client.fleet() as fleet:
        assert fleet.printers == 12


def test_a_bad_row_is_reported_and_the_rest_counts(printerpoint: Sandbox, client: Client) -> None:
    school(printerpoint, 6)
    printerpoint.override_fields("S02", {"lastSeen": "soon"})
    printerpoint.override_fields("S03", {"customerCompanyName": None, "customerCompanyId": ""})

    with client.fleet() as fleet:
        printers, bad_rows = fleet.printers_of("SCH", "School")

    assert [printer.serial_number for printer in printers] == ["S00", "S01", "S04", "S05"]
    assert [row.reason for row in bad_rows] == [reason("last_seen_invalid")]
    assert [row.serial_number for row in fleet.bad_rows] == ["S03"]


def test_a_customer_renamed_between_two_pages_stays_one(
    printerpoint: Sandbox, client: Client
) -> None:
    school(printerpoint, 7)

    with client.fleet(on_page=lambda _: printerpoint.rename_customer("SCH", "Academy")) as fleet:
        assert [customer.name for customer in fleet.customers()] == ["Academy"]
        assert fleet.customers()[0].printers == 7


def test_each_token_sees_its_own_fleet(printerpoint: Sandbox, client: Client) -> None:
    school(printerpoint, 2)
    other = printerpoint.add_dealer("another-token")
    printerpoint.add_printer(printerpoint.add_customer("Bakery", token=other), serial="B1")

    with Client(printerpoint.url, other).fleet() as fleet:
        assert [customer.name for customer in fleet.customers()] == ["Bakery"]
    with client.fleet() as fleet:
        assert [customer.name for customer in fleet.customers()] == ["School"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_not_retried(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock, status: int
) -> None:
    printerpoint.refuse(status)

    error = failure(client)

    assert isinstance(error, Refused)
    assert (error.kind, error.status, error.retryable) == ("refused", status, False)
    assert "Account Settings > API Access" in error.message
    assert (len(printerpoint.calls), fake_clock.pauses) == (1, [])


def test_a_wrong_token_is_refused(printerpoint: Sandbox) -> None:
    with pytest.raises(Refused):
        Client(printerpoint.url, "not the token").check()


def test_a_server_error_is_retried_with_growing_pauses(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock
) -> None:
    printerpoint.return_500(status=503)

    error = failure(client)

    assert isinstance(error, Unreachable)
    assert (error.kind, error.status, error.retryable) == ("unreachable", 503, True)
    assert (len(printerpoint.calls), fake_clock.pauses) == (4, [1, 2, 4])


def test_a_page_that_fails_at_times_is_read_by_retrying(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock
) -> None:
    school(printerpoint, 12)
    printerpoint.return_500(page=2, times=2)

    with client.fleet() as fleet:
        assert fleet.printers == 12
    assert fake_clock.pauses == [1, 2]


def test_progress_is_reported_before_and_after_every_pause(
    printerpoint: Sandbox, client: Client
) -> None:
    school(printerpoint, 7)
    printerpoint.return_500(page=2, times=1)
    counts: list[int] = []

    with client.fleet(on_page=counts.append):
        assert counts == [5, 5, 5, 7]


def test_too_many_requests_is_a_separate_error(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock
) -> None:
    printerpoint.return_429()

    error = failure(client)

    assert isinstance(error, Unreachable)
    assert (error.kind, error.status, error.retryable) == ("rate_limited", 429, True)
    assert fake_clock.pauses == [1, 2, 4]


def test_retry_after_is_observed_in_seconds(
    printerpoint: Sandbox, client_with: MakeClient, fake_clock: FakeClock
) -> None:
    printerpoint.return_429(retry_after=30, times=1)

    client_with(RequestLimits()).check()

    assert fake_clock.pauses == [30]


@pytest.mark.parametrize("retry_after", ["0", "soon", "-5", "1.5", "²"])
def test_an_invalid_retry_after_is_replaced_by_the_default_pause(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock, retry_after: str
) -> None:
    printerpoint.return_429(retry_after=retry_after, times=1)

    client.check()

    assert fake_clock.pauses == [1]


def test_retry_after_may_be_a_date_by_the_clock_of_the_answer(
    printerpoint: Sandbox, client_with: MakeClient, fake_clock: FakeClock
) -> None:
    until = format_datetime(clock.now() + timedelta(seconds=45), usegmt=True)
    printerpoint.return_429(retry_after=until, times=1)

    client_with(RequestLimits()).check()

    assert 44 <= fake_clock.pauses[0] <= 46


@pytest.mark.parametrize("retry_after", [61, 10**30, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_beyond_the_limit_fails_at_once(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock, retry_after: int | str
) -> None:
    printerpoint.return_429(retry_after=retry_after)

    assert failure(client).kind == "rate_limited"
    assert fake_clock.pauses == []


def test_a_check_ends_in_its_total_time_pauses_included(
    printerpoint: Sandbox, client_with: MakeClient, fake_clock: FakeClock
) -> None:
    printerpoint.return_500()

    with pytest.raises(Unreachable):
        client_with(RequestLimits(total_seconds=6)).check()

    assert fake_clock.pauses == [1, 2]


def test_a_fleet_ends_in_its_total_time(
    printerpoint: Sandbox, client_with: MakeClient, fake_clock: FakeClock
) -> None:
    school(printerpoint, 50)

    with pytest.raises(Unreachable, match="took too long") as caught:
        client_with(RequestLimits(fleet_seconds=50)).fleet(on_page=lambda _: fake_clock.sleep(20))

    assert caught.value.kind == "timeout"
    assert len(printerpoint.calls) == 3


@pytest.mark.parametrize(
    "url",
    [
        "http://printerpoint.com/apis/v1",
        "http://127.0.0.1.evil.example/apis/v1",
        "ftp://127.0.0.1/apis/v1",
        "https://user:secret@printerpoint.com/apis/v1",
        "https:///apis/v1",
        "printerpoint.com",
    ],
)
def test_only_https_or_loopback_addresses_are_requested(url: str) -> None:
    with pytest.raises(ValueError, match="Printerpoint"):
        Client(url, "token")


def test_the_token_is_the_user_name_and_the_password_is_empty(printerpoint: Sandbox) -> None:
    # As documented: the token abc123 is sent as YWJjMTIzOg==.
    assert base64.b64encode(b"abc123:") == b"YWJjMTIzOg=="
    printerpoint.add_dealer("abc123")
    printerpoint.add_dealer("clé:🔑")

    Client(printerpoint.url, "abc123").check()
    Client(printerpoint.url, "clé:🔑").check()


def test_a_proxy_in_the_environment_and_a_netrc_are_not_used(
    printerpoint: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    client.check()

    assert len(printerpoint.calls) == 1


def test_a_failed_reading_leaves_no_file_open(printerpoint: Sandbox, client: Client) -> None:
    school(printerpoint, 12)
    printerpoint.return_html(page=2)

    assert isinstance(failure(client), Malformed)
