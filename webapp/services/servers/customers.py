"""Customers: the companies of a server's fleet, cached for a few minutes for forms.

Printerpoint has no call that lists or searches customers: they are derived from the whole fleet. A
fleet cannot be fetched for every search, so the list is cached in Redis for a short time. It is not
stored in the database, which has connected customers only. Without Redis the list is fetched each
time, which is slower.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
from redis.exceptions import RedisError

from webapp import queue
from webapp.models import Server
from webapp.printerpoint.fleet import Customer
from webapp.settings import Settings

log = logging.getLogger("releaf.customers")

CACHED_FOR = timedelta(minutes=5)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Customer]).decode


def cache_key(server: Server) -> str:
    """Return the cache key of a server's customers.

    It depends on the token: another token may be another dealer's.
    """
    login = hashlib.sha256(server.encrypted_token).hexdigest()[:16]
    return f"releaf:customers:{server.id}:{login}"


def load_cached(settings: Settings, cache_key: str) -> list[Customer] | None:
    """Return the cached customers of a server; None if they have to be fetched."""
    try:
        with queue.connect(settings.redis_url) as redis:
            cached = redis.get(cache_key)
        return _decode(cached) if isinstance(cached, bytes) else None
    except (RedisError, OSError, msgspec.MsgspecError) as error:
        log.info("%s is fetched again: %s", cache_key, type(error).__name__)
        return None


def cache(settings: Settings, cache_key: str, customers: Sequence[Customer]) -> None:
    """Cache the customers of a server, if Redis is available."""
    try:
        with queue.connect(settings.redis_url) as redis:
            redis.set(cache_key, _encode(list(customers)), ex=CACHED_FOR)
    except (RedisError, OSError) as error:
        log.info("%s is not cached: %s", cache_key, type(error).__name__)


def key(customer: Customer) -> str:
    """Return the key of a customer in forms: it is stable while its id, or else its name, is."""
    by_id = customer.customer_id is not None
    text = f"id {customer.customer_id}" if by_id else f"name {customer.name}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def matching(customers: Iterable[Customer], text: str) -> list[Customer]:
    """Return customers whose name or id contains every word of the text, case-insensitively."""
    words = text.casefold().split()
    found = []
    for customer in customers:
        names = f"{customer.name}\n{customer.customer_id or ''}".casefold()
        if all(word in names for word in words):
            found.append(customer)
    return found
