"""The heartbeat of a running collection, sent by a thread, also during a slow page or feed."""

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.services.collection import heartbeat

log = logging.getLogger("releaf.heartbeat")


class HeartbeatThread:
    """Sends heartbeats from ``start`` to the end of the ``with`` block, in its own session.

    Enter it before the collection's session, because its last heartbeat may have to wait for that
    one.
    """

    def __init__(self, engine: Engine, collection_id: int, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._collection_id = collection_id
        self._now = now
        self._stopped = threading.Event()
        run = partial(copy_context().run, self._run)  # with the ids that are logged
        self._thread = threading.Thread(target=run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def start(self) -> None:
        """Start the thread, after the collection has been claimed."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(heartbeat.INTERVAL.total_seconds()):
            try:
                self._touch()
            except SQLAlchemyError:
                # The next one may succeed; the commits of the collection update the heartbeat, too.
                log.exception("collection %s: a heartbeat failed", self._collection_id)

    def _touch(self) -> None:
        with Session(self._engine) as session:
            session.connection()  # may wait for SQLite's lock: read the clock afterwards
            heartbeat.record(session, self._collection_id, self._now())
            session.commit()
