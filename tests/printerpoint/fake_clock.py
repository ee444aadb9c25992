"""A clock for tests: only pauses move it."""


class FakeClock:
    """``pauses``: what was slept, in seconds."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self._now = 1_000.0

    def sleep(self, seconds: float) -> None:
        """Sleep without sleeping."""
        self.pauses.append(seconds)
        self._now += seconds

    def monotonic(self) -> float:
        """Seconds since some time."""
        return self._now
