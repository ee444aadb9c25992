"""Programs of the machine that tests run, found where they usually are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser: CHROMIUM, else Debian's, else Chrome."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name) if name else None
        # Ubuntu's chromium-browser may be a stub for a snap, so it is run once.
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return Path(path)
    pytest.skip("needs Chromium: apt-get install chromium, or set CHROMIUM=/path/to/it")


class NoFaketime(Exception):
    """This machine has no libfaketime."""


def find_faketime() -> Path:
    """The library that gives a process another date. Raises NoFaketime, with what to install."""
    found = list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise NoFaketime("needs faketime: apt-get install faketime")
    return found[0]


@pytest.fixture(scope="session")
def faketime_library() -> Path:
    """The library that gives a process another date: LD_PRELOAD it, with FAKETIME set."""
    try:
        return find_faketime()
    except NoFaketime as error:
        pytest.skip(str(error))
