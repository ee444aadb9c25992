"""Processes that are given nonsense end with one line that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.settings import ROOT


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("-m", "jobs.worker"), 1),
        (("-m", "jobs.schedule"), 1),
        # gunicorn stops for this code; for another one it would try again for ever.
        (("-c", "import wsgi"), 3),
    ],
)
def test_nonsense_in_the_settings_stops_a_process_with_one_line(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "RELEAF_INSTANCE": str(tmp_path), "LOG_LEVEL": "LOUD"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert done.stderr == "releaf: LOG_LEVEL: 'LOUD' is not one of DEBUG, INFO, WARNING, ERROR\n"
