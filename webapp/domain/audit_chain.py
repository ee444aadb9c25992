"""The chain of the audit trail: every entry has the hash of the one chained before it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

#: What the first entry has in place of a hash.
START = "0" * 64


def entry_hash(prev_hash: str, values: Sequence[object]) -> str:
    """Return the SHA-256 of an entry's values and of the hash before it; times in UTC."""
    content = json.dumps([prev_hash, *values], sort_keys=True, default=_as_text)
    return hashlib.sha256(content.encode()).hexdigest()


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} is no value of an entry")
