"""The token: nowhere but in the header of our own calls."""

import base64
import copy
import gc
import logging
import traceback
from collections.abc import Callable

import pytest

from tests.printerpoint.hostile_answers import answer
from webapp.domain.reasons import reason
from webapp.printerpoint.client import Client, RequestLimits
from webapp.printerpoint.errors import PrinterpointError
from webapp.printerpoint.sandbox import Sandbox

pytestmark = pytest.mark.slow

MakeClient = Callable[[RequestLimits], Client]
Trouble = Callable[[Sandbox], None]

CANARY = "canary-7f3a9c"
SPELLINGS = (CANARY, base64.b64encode(f"{CANARY}:".encode()).decode())

TROUBLES: dict[str, Trouble] = {
    "refused": lambda it: it.refuse(),
    "down": lambda it: it.go_offline(),
    "500": lambda it: it.return_500(),
    "429": lambda it: it.return_429(),
    "time-out": lambda it: it.time_out(),
    "dropped": lambda it: answer(it, "drop", page=1),
    "html": lambda it: it.return_html(),
    "not HTTP": lambda it: answer(it, "not_http"),
    "drip": lambda it: answer(it, "slow_head"),
    "redirect": lambda it: answer(it, "redirect", location=f"/{CANARY}"),
    "next": lambda it: answer(it, "wrong_next", next_url=f"https://x/{CANARY}"),
    "echo": lambda it: answer(it, "wrong_next", next_url=f"{it.url}/{CANARY}?t={CANARY}"),
}


def secretless(*texts: object) -> None:
    """None of these shows the token."""
    for text in texts:
        for spelling in SPELLINGS:
            assert spelling not in str(text)
            assert spelling not in repr(text)


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_no_failure_contains_the_token(
    printerpoint: Sandbox,
    client_with: MakeClient,
    caplog: pytest.LogCaptureFixture,
    trouble: Trouble,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_with(RequestLimits(read_seconds=0.3, total_seconds=0.5, retries=1))
    trouble(printerpoint)

    with pytest.raises(PrinterpointError) as caught:
        client.fleet()

    error: BaseException | None = caught.value
    secretless(client, caught.value.message, caught.value.url, vars(caught.value))
    secretless("".join(traceback.format_exception(caught.value)), caplog.text)
    while error is not None:
        secretless(error, *error.args)
        error = error.__cause__ or error.__context__
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_logs_of_a_good_reading_do_not_contain_the_token(
    printerpoint: Sandbox, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    client.check()
    client.fleet().close()

    assert caplog.records
    secretless(caplog.text, *(vars(record) for record in caplog.records))


def test_an_error_can_be_copied_and_pickled() -> None:
    error = PrinterpointError(
        reason("timeout"), kind="timeout", status=503, retryable=True, url="https://x/"
    )

    again = copy.deepcopy(error)

    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_a_client_leaves_no_connection_open(printerpoint: Sandbox, client: Client) -> None:
    client.check()
    client.fleet().close()
    del client

    # An open socket would warn, and warnings are errors here.
    gc.collect()
