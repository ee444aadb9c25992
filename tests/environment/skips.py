"""What could not run on this machine: named with the reason in the last lines of the run.

On CI (the variable CI is set) a test that could not run is a failed one.
"""

import os

import pytest

SKIPPED = pytest.StashKey[dict[str, list[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin the list of what could not run."""
    config.stash[SKIPPED] = {}
    config.pluginmanager.register(_Skips(config.stash[SKIPPED]), "releaf-skips")


class _Skips:
    def __init__(self, skipped: dict[str, list[str]]) -> None:
        self._skipped = skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report.nodeid, report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._note(report.nodeid, report.longrepr)

    def _note(self, name: str, reason: object) -> None:
        text = str(reason[2] if isinstance(reason, tuple) else reason)
        self._skipped.setdefault(text.removeprefix("Skipped: "), []).append(name)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """On CI a test that could not run is a failed one."""
    if hasattr(session.config, "workerinput"):
        return
    if os.environ.get("CI") and session.config.stash[SKIPPED] and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name what could not run, below pytest's own summary."""
    skipped = config.stash.get(SKIPPED, {})
    if not skipped or hasattr(config, "workerinput"):  # pytest-xdist's main process names them
        return
    verdict = "; on CI they count as failed" if os.environ.get("CI") else ""
    print(f"\nCould not run here{verdict}:")
    for reason, names in sorted(skipped.items()):
        print(f"  {reason}")
        for name in names:
            print(f"    {name}")
