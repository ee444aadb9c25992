"""The sandbox without HTTP: fleet, faults, remote commands and persistence."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from webapp.printerpoint.sandbox.faults import Faults
from webapp.printerpoint.sandbox.fleet import SimulatedFleet, State

#: Commands for other processes; the keys of the JSON body are the argument names.
VERBS = frozenset(
    (
        "has_dealer", "has_customer", "has_printer", "has_fleet", "it_is", "follows_clock",
        "prints", "tells", "resets", "sends", "replaces", "removes", "moves", "edits_asset",
        "renames", "edits_id", "agent_freezes", "agent_returns", "pages_printed", "is_down",
        "refuses", "times_out", "answers_500", "answers_429", "answers_malformed", "drops_page",
        "recovers", "is_set_to",
    )
)  # fmt: skip

_CALLS_KEPT = 10_000


class SandboxApp(SimulatedFleet, Faults):
    """Fleet and faults combined. ``calls``: the last 10,000 API requests."""

    def __init__(
        self,
        *,
        tokens: Sequence[str],
        seed: str,
        time_zone: str,
        page_size: int,
        delay: float,
        state: Path | None,
        now: Callable[[], datetime],
    ) -> None:
        SimulatedFleet.__init__(self, tuple(tokens), seed, time_zone, now)
        Faults.__init__(self)
        self.page_size = page_size
        self.delay = delay
        self.compresses = False
        self.calls: deque[str] = deque(maxlen=_CALLS_KEPT)
        self._state = state
        if state is not None and state.exists():
            self.data = msgspec.json.decode(state.read_bytes(), type=State)

    def is_set_to(
        self,
        page_size: int | None = None,
        delay: float | None = None,
        compresses: bool | None = None,
    ) -> None:
        """Printers a page, seconds before an answer, gzip; those not named stay as they are."""
        if page_size is not None and page_size < 1:
            raise ValueError("page_size must be 1 or more")
        self.page_size = page_size or self.page_size
        self.delay = self.delay if delay is None else delay
        self.compresses = self.compresses if compresses is None else compresses

    def carries_out(self, verb: str, words: Mapping[str, Any]) -> Any:
        """An order from another process. Raises LookupError, TypeError or ValueError."""
        if verb not in VERBS:
            raise LookupError(f"{verb!r} is not one of {', '.join(sorted(VERBS))}")
        arguments = dict(words)
        if isinstance(arguments.get("moment"), str):
            arguments["moment"] = datetime.fromisoformat(arguments["moment"])
        result = getattr(self, verb)(**arguments)
        self.saves()
        return result

    def has_fleet(self, fleet: Mapping[str, Any]) -> None:
        """Customers and printers from ``{"customers": [{"name", "customer_id", "printers": []}]}``;
        a printer's keys are the arguments of ``has_printer``.
        """
        for customer in fleet["customers"]:
            key = self.has_customer(
                customer["name"], customer.get("customer_id"), customer.get("token")
            )
            for printer in customer.get("printers", ()):
                self.has_printer(key, **printer)

    def saves(self) -> None:
        """Write the state to its file, if it has one, atomically."""
        if self._state is None:
            return
        with self.lock:
            part = self._state.with_name(f"{self._state.name}.part")
            part.write_bytes(msgspec.json.encode(self.data))
            part.replace(self._state)
