"""Wait for started programs; report in one line why one does not respond."""

import http.client
import sys
import time
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deploy.supervision import Supervisor

REDIS_SECONDS = 20.0
ANSWER_SECONDS = 60.0


class CannotStart(Exception):
    """One line with the reason and the remedy."""


def wait_for_redis(redis_url: str, embedded: bool) -> None:
    """Return when Redis accepts its password. Raises CannotStart, without the password."""
    url = urlsplit(redis_url)
    deadline = time.monotonic() + REDIS_SECONDS
    with redis.Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0)) as server:
        while True:
            try:
                server.ping()
                return
            except redis.AuthenticationError:
                raise CannotStart("REDIS_URL: the server refuses the password in it") from None
            except (redis.ConnectionError, redis.TimeoutError):
                if time.monotonic() > deadline:
                    remedy = "see redis.log" if embedded else "start it, or unset REDIS_URL"
                    raise CannotStart(
                        f"REDIS_URL: no answer from {url.hostname or url.path}; {remedy}"
                    ) from None
            time.sleep(0.05)


def wait_for_answer(name: str, port: int, supervisor: Supervisor) -> None:
    """Return when a program responds to HTTP on loopback. Raises CannotStart."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except (OSError, http.client.HTTPException):
            if supervisor.failed(name) or time.monotonic() > deadline:
                print(supervisor.last_lines(name), file=sys.stderr)
                raise CannotStart(f"{name} does not start; its log ends as above") from None
        finally:
            connection.close()
        time.sleep(0.1)
