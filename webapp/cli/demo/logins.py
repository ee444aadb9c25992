"""The demo's own memory: its logins and what it has told, in a file only its owner may read."""

import os
import secrets
from pathlib import Path

import msgspec

FILE = "demo.json"
#: Without letters and digits that look alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Memory(msgspec.Struct):
    """What a later start needs to know. ``database``: a fingerprint of the one it was told in."""

    database: str
    passwords: dict[str, str] = {}
    spare_token: str = ""
    told: bool = False


def recall(instance: Path) -> Memory | None:
    """The memory of an instance; None where no demo has been."""
    path = instance / FILE
    return msgspec.json.decode(path.read_bytes(), type=Memory) if path.exists() else None


def keep(instance: Path, memory: Memory) -> None:
    """Write the memory, whole or not at all."""
    path = instance / FILE
    part = path.with_name(f".{FILE}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(memory))
    part.replace(path)


def new_password() -> str:
    """A random one that can be typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
