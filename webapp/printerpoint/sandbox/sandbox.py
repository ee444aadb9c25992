"""The sandbox as tests and the command line use it."""

import os
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from webapp import clock
from webapp.printerpoint.sandbox.app import SandboxApp
from webapp.printerpoint.sandbox.server import BASE, Server

#: The API token of the first dealer, unless another is given.
FIRST_DEALER = "sandbox-token"


class ProductionError(RuntimeError):
    """The sandbox is for development and tests only."""


class Sandbox(SandboxApp):
    """A simulated Printerpoint on loopback, running inside its ``with`` block.

    ``url``: for PRINTERPOINT_URL; ``token``: the first dealer's. Without ``set_time`` it uses the
    real clock. Raises ProductionError with production settings, OSError for a port in use.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tokens: Sequence[str] = (FIRST_DEALER,),
        seed: str = "releaf",
        time_zone: str = "UTC",
        page_size: int = 200,
        delay: float = 0.0,
        state: Path | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        if os.environ.get("RELEAF_ENV") == "production":
            raise ProductionError("RELEAF_ENV: the sandbox does not start in production")
        super().__init__(
            tokens=tokens,
            seed=seed,
            time_zone=time_zone,
            page_size=page_size,
            delay=delay,
            state=state,
            now=now,
        )
        self._port = port
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._server = Server(self._port, self)
        self._port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True
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
        self.save()

    def __repr__(self) -> str:
        return f"<Sandbox {self.url}>"

    @property
    def url(self) -> str:
        """The base address of the API."""
        return f"http://127.0.0.1:{self._port}{BASE}"
