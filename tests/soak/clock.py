"""The one clock of all processes of a run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from webapp import clock


class MovedClock:
    """The real clock, moved: an offset in a file that libfaketime reads at every look."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "clock"
        self._library = library
        self._offset = timedelta()
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that uses it.

        Time-outs stay real: the monotonic clock is not moved. Nor are the dates of files, which
        would make every import several times dearer.
        """
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            # Else a thread that waits for the interpreter spins, and reads the file every time.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }

    @property
    def now(self) -> datetime:
        """What the processes take for now."""
        return clock.now() + self._offset

    def set_time(self, moment: datetime) -> None:
        """Set the time, which continues from there."""
        # Whole seconds: libfaketime reads no more from an offset with a sign.
        self._offset = timedelta(seconds=round((moment - clock.now()).total_seconds()))
        self._write()

    def passes(self, time: timedelta) -> None:
        """So much time passes at once."""
        self._offset += time
        self._write()

    def _write(self) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(f"{round(self._offset.total_seconds()):+d}\n", encoding="ascii")
        part.replace(self._file)


#: Where libfaketime stores what a process shares with its children.
_SHARED = Path("/dev/shm")  # noqa: S108


def remove_leftovers() -> None:
    """Remove what libfaketime shared under processes that were killed."""
    for path in _SHARED.glob("*faketime_s*_*"):
        pid = path.name.rpartition("_")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            path.unlink(missing_ok=True)


#: What a run begins with; its first night closes this day.
FIRST_MOMENT = datetime(2026, 9, 15, 12, tzinfo=UTC)
