"""The sandbox: fleet, faults, commands of other processes, saved state, and its server."""

import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from webapp import clock
from webapp.printerpoint.sandbox.faults import Faults
from webapp.printerpoint.sandbox.fleet import SimulatedFleet, State
from webapp.printerpoint.sandbox.server import BASE, Server

#: The API token of the first dealer, unless another is given.
FIRST_DEALER = "sandbox-token"
#: Methods that other processes may call; the keys of the JSON body are the argument names.
COMMANDS = frozenset(
    (
        "load_fleet", "set_time", "follow_clock", "set_count", "replace_printer", "stop_agent",
        "start_agent", "remove_dealer", "pages_printed", "return_html", "recover",
        "print_pages",
    )
)  # fmt: skip

_CALLS_STORED = 10_000


class ProductionError(RuntimeError):
    """The sandbox is for development and tests only."""


class Sandbox(SimulatedFleet, Faults):
    """A simulated Printerpoint on loopback, running inside its ``with`` block.

    ``url``: for PRINTERPOINT_URL; ``token``: the first dealer's; ``calls``: the last 10,000 API
    requests. Without ``set_time`` it uses the real clock. Raises ProductionError with production
    settings, OSError for a port in use.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tokens: Sequence[str] = (FIRST_DEALER,),
        time_zone: str = "UTC",
        page_size: int = 200,
        state: Path | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        if os.environ.get("RELEAF_ENV") == "production":
            raise ProductionError("RELEAF_ENV: the sandbox does not start in production")
        SimulatedFleet.__init__(self, tuple(tokens), time_zone, now)
        Faults.__init__(self)
        self.page_size = page_size
        self.delay = 0.0
        self.calls: deque[str] = deque(maxlen=_CALLS_STORED)
        self._state = state
        if state is not None and state.exists():
            self.data = msgspec.json.decode(state.read_bytes(), type=State)
        self._port = port
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._server = Server(self._port, self)
        self._port = int(self._server.server_address[1])
        # Polls every 10 ms whether to stop: tests stop hundreds of sandboxes.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), name="sandbox", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None and self._thread is not None:
            self.recover()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None
        self._save()

    def __repr__(self) -> str:
        return f"<Sandbox {self.url}>"

    @property
    def url(self) -> str:
        """The base address of the API."""
        return f"http://127.0.0.1:{self._port}{BASE}"

    def configure(self, page_size: int | None = None, delay: float | None = None) -> None:
        """Set printers per page and seconds before a response, if given."""
        self.page_size = page_size or self.page_size
        self.delay = self.delay if delay is None else delay

    def run_command(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command of another process. Raises LookupError, TypeError or ValueError."""
        if command not in COMMANDS:
            raise LookupError(f"{command!r} is not one of {', '.join(sorted(COMMANDS))}")
        arguments = dict(arguments)
        if isinstance(arguments.get("moment"), str):
            arguments["moment"] = datetime.fromisoformat(arguments["moment"])
        result = getattr(self, command)(**arguments)
        self._save()
        return result

    def _save(self) -> None:
        """Write the state to its file, if it has one, atomically."""
        if self._state is None:
            return
        with self.lock:
            part = self._state.with_name(f"{self._state.name}.part")
            part.write_bytes(msgspec.json.encode(self.data))
            part.replace(self._state)
