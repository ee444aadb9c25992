"""The application of a job process, and what jobs need from it."""

import logging
import signal
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec

from flask import Flask
from redis.exceptions import AuthenticationError, RedisError
from rq import Retry, get_current_job
from rq.timeouts import BaseTimeoutException
from sqlalchemy.exc import DBAPIError

from webapp import logs, queue
from webapp import settings as configuration
from webapp.app import start
from webapp.db import connection_lost, db
from webapp.queries import system_status
from webapp.services import database
from webapp.setting_values import SettingsError
from webapp.settings import Settings

log = logging.getLogger("releaf.jobs")

P = ParamSpec("P")

_REDIS_POLL_SECONDS = 1.0
_LOG_EVERY_SECONDS = 60.0
_DATABASE_POLL_SECONDS = 1.0
#: How long a job waits for the database before the worker takes the next one.
_DATABASE_WAIT_SECONDS = 60.0
#: RQ counts the retries during the whole life of a job; the timetable's jobs exist for years.
_MOST_RETRIES = 1_000


def configure() -> Settings:
    """Load the settings of a new process and set up logging.

    Invalid settings end the process with a one-line message.
    """
    try:
        config = configuration.load()
    except SettingsError as error:
        raise SystemExit(f"releaf: {error}") from None
    logs.configure(config.log_level)
    return config


def wait_for_redis(redis_url: str) -> None:
    """Return when Redis responds; log one line a minute until then.

    A refused password ends the process with a one-line message.
    """
    logged = float("-inf")
    with queue.connect(redis_url) as connection:
        while True:
            try:
                connection.ping()
            except AuthenticationError:
                raise SystemExit("releaf: REDIS_URL: the server refuses the password") from None
            except RedisError as error:
                if time.monotonic() - logged >= _LOG_EVERY_SECONDS:
                    log.warning("REDIS_URL: %s; waiting for it", error)
                    logged = time.monotonic()
                time.sleep(_REDIS_POLL_SECONDS)
            else:
                return


def restore_signal_handlers() -> None:
    """Let SIGTERM and SIGINT end the process again after RQ has replaced their handlers."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@lru_cache(maxsize=1)
def get_app() -> Flask:
    """Return the application of this process, created at the first call; see ``app.start``."""
    return start(configuration.load())


def job(function: Callable[P, str]) -> Callable[P, str | Retry]:
    """Make a function a job, which runs in the context of the application of this process.

    A job that loses the database waits until it responds, and is enqueued again: every job can be
    repeated without an effect on what is stored already.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> str | Retry:
        with get_app().app_context():
            # A worker forks for every job; its connections must not be used in the child.
            db.engine.dispose(close=False)
            _set_ids()
            try:
                result = function(*args, **kwargs)
            except DBAPIError as error:
                if not connection_lost(error):
                    raise
                log.warning("%s; the job waits for it", database.why_unusable(error))
                wait_for_database()
                return Retry(max=_MOST_RETRIES)
            log.info("%s: %s", function.__qualname__, result)
            return result

    return run


def ends_job(error: Exception) -> bool:
    """Whether an error ends a job that continues after those of a server, feed, user or document.

    RQ has ended the job, or there is no database to continue with.
    """
    return isinstance(error, BaseTimeoutException) or connection_lost(error)


def _set_ids() -> None:
    """Set the ids that are logged until the process ends with its job."""
    job = get_current_job()
    if job is not None:
        logs.job_id.set(job.id)
        logs.request_id.set(job.meta.get("request_id", ""))


def wait_for_database() -> None:
    """Return when the database responds, or after a minute."""
    deadline = time.monotonic() + _DATABASE_WAIT_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_DATABASE_POLL_SECONDS)
        try:
            with db.session() as session:
                system_status.ping(session)
        except DBAPIError:
            continue
        return
