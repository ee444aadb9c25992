"""Hostile answers: each has its own error, and is limited in time and memory."""

import http.client
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.printerpoint.fake_clock import FakeClock
from tests.printerpoint.hostile_answers import answer
from webapp.printerpoint.client import Client, RequestLimits
from webapp.printerpoint.errors import Malformed, PrinterpointError, Unreachable
from webapp.printerpoint.sandbox import Sandbox

MakeClient = Callable[[RequestLimits], Client]

MEBIBYTE = 1 << 20
SHORT = RequestLimits(read_seconds=0.4, total_seconds=0.8, max_bytes_per_page=MEBIBYTE, retries=0)
#: For responses refused by their content: a slow machine must not cause a time-out.
UNHURRIED = replace(SHORT, read_seconds=3, total_seconds=4)


@pytest.fixture(autouse=True)
def school(printerpoint: Sandbox) -> None:
    """Seven printers on two pages."""
    customer = printerpoint.add_customer("School", customer_id="SCH")
    for n in range(7):
        printerpoint.add_printer(customer, serial=f"S{n}", count=100)


@contextmanager
def bounded(seconds: float = 60, mebibytes: float = 6) -> Iterator[None]:
    """Fail when it takes longer or needs more memory."""
    tracemalloc.start()
    began = time.monotonic()
    try:
        yield
        took, peak = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert took < seconds
    assert peak < mebibytes * MEBIBYTE


def failure(client: Client) -> PrinterpointError:
    """What reading the fleet fails with."""
    with pytest.raises(PrinterpointError) as caught, client.fleet():
        pass
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("html", "a web page instead of data"),
        ("not_json", "not JSON"),
        ("empty", "empty"),
        ("truncated", "cut off in the middle"),
        ("cut_gzip", "is incomplete"),
        ("no_envelope", "not an object with results"),
        ("wrong_results", "results are not a list"),
        ("charset", "another character set"),
        ("latin1", "another character set"),
        ("deep", "nested too deeply"),
        ("not_http", "valid HTTP response"),
        ("endless", "larger than 1 MB"),
        ("gzip_bomb", "larger than 1 MB"),
        ("looping_next", "link to each other in a loop"),
    ],
)
@pytest.mark.parametrize("page", [1, 2])
def test_malformed_responses_are_refused_with_the_reason(
    printerpoint: Sandbox, client_with: MakeClient, how: str, words: str, page: int
) -> None:
    answer(printerpoint, how, page=page)

    with bounded():
        error = failure(client_with(UNHURRIED))

    assert isinstance(error, Malformed)
    assert words in error.message
    assert (error.kind, error.retryable) == ("malformed", False)


@pytest.mark.slow  # waits for time-outs
@pytest.mark.parametrize("how", ["slow_body", "slow_head"])
def test_a_slow_response_times_out(
    printerpoint: Sandbox, client_with: MakeClient, how: str
) -> None:
    answer(printerpoint, how)

    with bounded():
        error = failure(client_with(SHORT))

    assert isinstance(error, Unreachable)
    assert (error.kind, error.retryable) == ("timeout", True)


@pytest.mark.slow  # waits for a time-out
def test_a_missing_response_times_out(printerpoint: Sandbox, client_with: MakeClient) -> None:
    printerpoint.time_out()

    with bounded():
        error = failure(client_with(SHORT))

    assert (type(error), error.kind, error.retryable) == (Unreachable, "timeout", True)


@pytest.mark.slow  # waits for time-outs
def test_a_time_out_is_retried(
    printerpoint: Sandbox, client_with: MakeClient, fake_clock: FakeClock
) -> None:
    printerpoint.time_out(times=1)

    with client_with(RequestLimits(read_seconds=1)).fleet() as fleet:
        assert fleet.printers == 7
    assert fake_clock.pauses == [1]


def test_a_page_dropped_in_the_middle_is_read_again(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock
) -> None:
    answer(printerpoint, "drop", page=2, times=1)

    with client.fleet() as fleet:
        assert fleet.printers == 7
    assert fake_clock.pauses == [1]


def test_a_page_that_is_always_dropped_fails_the_whole_fleet(
    printerpoint: Sandbox, client: Client
) -> None:
    answer(printerpoint, "drop", page=2)

    error = failure(client)

    assert (type(error), error.kind, error.retryable) == (Unreachable, "unreachable", True)
    assert "was interrupted" in error.message
    assert len(printerpoint.calls) == 5


def test_a_reset_connection_is_retried(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock
) -> None:
    printerpoint.go_offline(times=2)

    client.check()

    assert fake_clock.pauses == [1, 2]


def test_a_closed_port_is_reported_without_a_retry(fake_clock: FakeClock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/apis/v1"
        with pytest.raises(Unreachable, match=r"Could not connect to 127\.0\.0\.1") as caught:
            Client(url, "token", sleep=fake_clock.sleep).check()

    assert (caught.value.kind, fake_clock.pauses) == ("unreachable", [])


def test_a_server_without_tls_does_not_get_the_token(printerpoint: Sandbox) -> None:
    url = printerpoint.url.replace("http://", "https://")

    with pytest.raises(Unreachable, match="not secure"):
        Client(url, printerpoint.token).check()

    assert list(printerpoint.calls) == []


def test_a_host_name_that_does_not_exist_is_reported() -> None:
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid was not found"):
        Client("https://no-such-host.invalid/apis/v1", "token").check()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(printerpoint: Sandbox, client: Client, status: int) -> None:
    with Sandbox() as elsewhere:
        answer(printerpoint, "redirect", location=f"{elsewhere.url}/dealer/printers", status=status)

        error = failure(client)

        assert isinstance(error, Malformed)
        assert "not followed" in error.message
        assert error.status == status
        assert list(elsewhere.calls) == []


@pytest.mark.parametrize("status", [204, 206, 400, 404, 418])
def test_another_status_is_malformed(
    printerpoint: Sandbox, client: Client, fake_clock: FakeClock, status: int
) -> None:
    printerpoint.return_500(status=status)

    error = failure(client)

    assert (type(error), error.status, fake_clock.pauses) == (Malformed, status, [])


def test_a_next_page_on_another_host_is_refused(printerpoint: Sandbox, client: Client) -> None:
    with Sandbox() as elsewhere:
        answer(printerpoint, "wrong_next", next_url=f"{elsewhere.url}/dealer/printers")

        error = failure(client)

        assert isinstance(error, Malformed)
        assert "another host" in error.message
        assert list(elsewhere.calls) == []


@pytest.mark.parametrize(
    "next_url",
    [
        "https://{host}/apis/v1/dealer/printers?page=2",
        "ftp://{host}/apis/v1/dealer/printers?page=2",
        "//printerpoint.example/apis/v1/dealer/printers?page=2",
        "http://{host}.evil.example/",
        "http://{host}@evil.example/",
        "http://evil.example\\@{host}/",
        "http://user:word@{host}/apis/v1/dealer/printers?page=2",
        "http://127.0.0.1:99999999/",
        "http://[::1/",
        "javascript:alert(1)",
        "http://{host}/" + "a" * 5_000,
    ],
)
def test_an_ambiguous_address_of_the_next_page_is_refused(
    printerpoint: Sandbox, client: Client, next_url: str
) -> None:
    host = printerpoint.url.split("/")[2]
    answer(printerpoint, "wrong_next", next_url=next_url.format(host=host))

    error = failure(client)

    assert isinstance(error, Malformed)
    assert "another host" in error.message
    assert len(printerpoint.calls) == 1


def test_a_next_page_may_be_relative(printerpoint: Sandbox, client: Client) -> None:
    answer(printerpoint, "wrong_next", page=1, next_url="/apis/v1/dealer/printers?page=2")

    with client.fleet() as fleet:
        assert fleet.printers == 7


def test_the_number_of_pages_is_limited(
    printerpoint: Sandbox, client_with: MakeClient, fake_clock: FakeClock
) -> None:
    customer = printerpoint.add_customer("School", customer_id="SCH")
    for n in range(30):
        printerpoint.add_printer(customer, serial=f"T{n}")

    error = failure(client_with(RequestLimits(max_pages=3)))

    assert isinstance(error, Malformed)
    assert "more than 3 pages" in error.message
    assert len(printerpoint.calls) == 3


def test_the_number_of_printers_is_limited(printerpoint: Sandbox, client_with: MakeClient) -> None:
    error = failure(client_with(RequestLimits(max_printers=6)))

    assert isinstance(error, Malformed)
    assert "more than 6 printers" in error.message


def test_a_page_as_large_as_allowed_is_read(printerpoint: Sandbox, client_with: MakeClient) -> None:
    host = printerpoint.url.split("/")[2]
    connection = http.client.HTTPConnection(host)
    token = "Y2FuYXJ5LTdmM2E5Yzo="
    connection.request(
        "GET", "/apis/v1/dealer/printers", headers={"Authorization": f"Basic {token}"}
    )
    size = len(connection.getresponse().read())
    connection.close()
    for printer in range(5, 7):
        printerpoint.remove_printer(f"S{printer}")
    same = size - len(f'"http://{host}/apis/v1/dealer/printers?page=2"') + len("null")

    for how in (None, "gzip"):
        if how is not None:
            answer(printerpoint, how)
        client_with(RequestLimits(max_bytes_per_page=same)).check()
        with pytest.raises(Malformed, match="larger than"):
            client_with(RequestLimits(max_bytes_per_page=same - 1)).check()
