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


def test_pages_do_not_wait_while_the_whole_application_is_searched_for_garbage(
    tmp_path: Path,
) -> None:
    words = "import gc, wsgi; print(len(gc.get_objects()), gc.get_freeze_count())"
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=ROOT,
        env={**os.environ, "RELEAF_INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    searched, kept = map(int, done.stdout.split())
    assert searched < 1_000
    assert kept > 100_000
