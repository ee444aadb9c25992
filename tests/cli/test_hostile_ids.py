"""Ids that no row can have: every command refuses them in one line."""

import pytest

from tests.cli.conftest import Releaf

IDS = ("9" * 5000, "9223372036854775808", "2147483648", "0", "-1", "１２", "\u202e1", "' OR 1")
COMMANDS = (
    ("review", "accept"),
    ("review", "reject", "--reason", "Not printed"),
    ("review", "reset"),
    ("review", "reopen"),
    ("feed", "deactivate"),
    ("feed", "reactivate"),
    ("feed", "relink"),
    ("feed", "remove"),
    ("feed", "edit", "--read-by-hand", "30"),
    ("server", "remove"),
    ("server", "approve"),
    ("server", "customers"),
    ("device", "history"),
    ("account", "edit", "--name", "Another"),
    ("list", "feeds", "--account"),
    ("list", "devices", "--feed"),
    ("review", "list", "--feed"),
    ("recount", "--dry-run", "--account"),
    ("collect", "--server"),
    ("month", "close", "--month", "2026-10", "--account"),
)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_id_that_no_row_has_is_refused(northwind: Releaf, command: tuple[str, ...]) -> None:
    wrong = []
    for text in IDS:
        last = (text, "--json") if command[-1].startswith("--") else ("--json", "--", text)
        answer = northwind(*command, *last)
        if answer.code != 2 or not answer.error[1]:
            wrong.append((text[:20], answer))

    assert wrong == []
