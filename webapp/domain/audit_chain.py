"""The chain of the audit trail: every entry has the hash of the one chained before it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

#: What the first entry has in place of a hash.
START = "0" * 64


def entry_hash(prev_hash: str, number: int, values: Sequence[object] | None) -> tuple[str, bool]:
    """Return the SHA-256 of an entry's values and of the hash before it, and whether it has all.

    ``values``: times in UTC; None, or with one that no entry has, if they were changed and cannot
    be read. Then the hash is of the entry's id alone, so that entries after it can be chained.
    """
    if values is not None:
        try:
            return _sha256([prev_hash, *values]), True
        except (TypeError, ValueError, RecursionError):
            pass
    return _sha256([prev_hash, number]), False


def _sha256(values: Sequence[object]) -> str:
    content = json.dumps(values, sort_keys=True, default=_as_text)
    return hashlib.sha256(content.encode()).hexdigest()


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} is no value of an entry")
