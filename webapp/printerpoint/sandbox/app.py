"""The sandbox without HTTP: fleet, faults, remote commands and persistence."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from webapp.printerpoint.sandbox.faults import Faults
from webapp.printerpoint.sandbox.fleet import SimulatedFleet, State

#: Methods that other processes may call; the keys of the JSON body are the argument names.
COMMANDS = frozenset(
    (
        "add_dealer", "add_customer", "add_printer", "load_fleet", "set_time", "follow_clock",
        "print_pages", "set_count", "reset_count", "override_fields", "replace_printer",
        "remove_printer", "move_printer", "set_asset", "rename_customer", "set_customer_id",
        "stop_agent", "start_agent", "pages_printed", "go_offline", "refuse", "time_out",
        "return_500", "return_429", "return_malformed", "drop_page", "recover", "configure",
    )
)  # fmt: skip

_CALLS_STORED = 10_000


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
        self.calls: deque[str] = deque(maxlen=_CALLS_STORED)
        self._state = state
        if state is not None and state.exists():
            self.data = msgspec.json.decode(state.read_bytes(), type=State)

    def configure(
        self,
        page_size: int | None = None,
        delay: float | None = None,
        compresses: bool | None = None,
    ) -> None:
        """Set printers per page, seconds before a response, and gzip, if given."""
        if page_size is not None and page_size < 1:
            raise ValueError("page_size must be 1 or more")
        self.page_size = page_size or self.page_size
        self.delay = self.delay if delay is None else delay
        self.compresses = self.compresses if compresses is None else compresses

    def run_command(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command of another process. Raises LookupError, TypeError or ValueError."""
        if command not in COMMANDS:
            raise LookupError(f"{command!r} is not one of {', '.join(sorted(COMMANDS))}")
        arguments = dict(arguments)
        if isinstance(arguments.get("moment"), str):
            arguments["moment"] = datetime.fromisoformat(arguments["moment"])
        result = getattr(self, command)(**arguments)
        self.save()
        return result

    def load_fleet(self, fleet: Mapping[str, Any]) -> None:
        """Load customers and printers.

        ``{"customers": [{"name", "customer_id", "printers": []}]}``; a printer's keys are the
        arguments of ``add_printer``.
        """
        for customer in fleet["customers"]:
            key = self.add_customer(
                customer["name"], customer.get("customer_id"), customer.get("token")
            )
            for printer in customer.get("printers", ()):
                self.add_printer(key, **printer)

    def save(self) -> None:
        """Write the state to its file, if it has one, atomically."""
        if self._state is None:
            return
        with self.lock:
            part = self._state.with_name(f"{self._state.name}.part")
            part.write_bytes(msgspec.json.encode(self.data))
            part.replace(self._state)
