"""The heart of a collection at work, in a thread: one slow page or customer is no death."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Self

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.db import db
from webapp.services.collection import heartbeat

log = logging.getLogger("releaf.heart")


class Heart:
    """Beats from ``start`` to the end of its ``with``, on a connection of its own.

    Enter it before the collection's session: its last beat may have to wait for that one's end.
    """

    def __init__(self, app: Flask, collection_id: int, now: Callable[[], datetime]) -> None:
        self._app = app
        self._collection_id = collection_id
        self._now = now
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heart", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def start(self) -> None:
        """The collection has been claimed."""
        self._thread.start()

    def _beat_on(self) -> None:
        while not self._stopped.wait(heartbeat.INTERVAL.total_seconds()):
            try:
                self._beat()
            except SQLAlchemyError:
                # The next beat may succeed; until then the collection's own commits tell.
                log.exception("collection %s: a heartbeat was not kept", self._collection_id)

    def _beat(self) -> None:
        with self._app.app_context(), db.session() as session:
            session.connection()  # SQLite may have to wait here; the time is asked for afterwards
            heartbeat.record(session, self._collection_id, self._now())
            session.commit()
