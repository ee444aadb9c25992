"""The saved state of the demo, with its passwords, in a file that only its owner may read."""

import os
import secrets
from pathlib import Path

import msgspec

FILE = "demo.json"
#: Without letters and digits that look alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class SeedState(msgspec.Struct):
    """What a later start needs. ``database``: a digest of the URL of the seeded one."""

    database: str
    passwords: dict[str, str] = {}
    spare_token: str = ""
    seeded: bool = False


def load(instance: Path) -> SeedState | None:
    """Return the state of an instance, or None."""
    path = instance / FILE
    return msgspec.json.decode(path.read_bytes(), type=SeedState) if path.exists() else None


def save(instance: Path, state: SeedState) -> None:
    """Write the state atomically."""
    path = instance / FILE
    part = path.with_name(f".{FILE}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(state))
    part.replace(path)


def new_password() -> str:
    """Return a random password that is easy to type."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
