"""Where a secret may have left a trace: spellings of it, and all content of Redis."""

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote


def spellings(secret: str) -> list[bytes]:
    """The secret, quoted, digested, and in Base64 wherever it stands in a longer text."""
    text = secret.encode()
    digest = sha256(text).hexdigest()
    found = [text, quote(secret, safe="").encode(), text.hex().encode(), digest.encode()]
    for before in range(3):
        # The digits at the seams depend on the neighbours too; those between them do not.
        digits = base64.b64encode(b"." * before + text)[-(-before * 8 // 6) : -4]
        found += [digits, digits.translate(bytes.maketrans(b"+/", b"-_"))]
    return found


def shows(content: bytes, secrets: Iterable[str]) -> bool:
    """Whether any of the secrets can be read out of this: packed, in Base64, or both."""
    looked_for = list(chain.from_iterable(map(spellings, secrets)))
    return any(spelling in reading for reading in _readings(content) for spelling in looked_for)


def _readings(content: bytes, depth: int = 2) -> Iterator[bytes]:
    yield content
    if not depth:
        return
    with suppress(zlib.error):
        yield from _readings(zlib.decompress(content), depth - 1)
    with suppress(binascii.Error):
        yield from _readings(base64.b64decode(content, validate=True), depth - 1)


def files_below(*folders: Path) -> dict[str, bytes]:
    """The bytes of every file in these folders."""
    paths = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in paths}


def redis_content(connection: Any) -> dict[str, bytes]:
    """Every key of Redis, and every value in it by a name of its own."""
    found: dict[str, bytes] = {}
    for key in connection.keys("*"):
        found[f"key {key!r}"] = key
        for number, value in enumerate(_values(connection, key)):
            found[f"value {number} of {key!r}"] = value
    return found


def _values(connection: Any, key: bytes) -> list[bytes]:
    kind = connection.type(key).decode()
    if kind == "string":
        return [connection.get(key)]
    if kind == "hash":
        return list(chain.from_iterable(connection.hgetall(key).items()))
    if kind == "list":
        return list(connection.lrange(key, 0, -1))
    if kind == "set":
        return list(connection.smembers(key))
    if kind == "zset":
        return list(connection.zrange(key, 0, -1))
    if kind == "stream":
        entries = connection.xrange(key)
        return [part for _, fields in entries for pair in fields.items() for part in pair]
    raise AssertionError(f"{key!r} is a {kind}, which nobody looks into")
