"""Secrets at rest: Fernet through MultiFernet, each ciphertext bound to the row it belongs to.

Fernet alone accepts a ciphertext that was copied from another row, so the owner is sealed
inside and compared when the value is opened.
"""

from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealError(Exception):
    """A sealed value cannot be opened: wrong keys, damaged, or copied from another row."""


class _Sealed(msgspec.Struct, array_like=True):
    owner: str
    value: str


class Keyring:
    """The encryption keys, newest first: the first seals, every one of them opens."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def __repr__(self) -> str:
        return "Keyring(...)"

    def seal(self, value: str, owner: str) -> bytes:
        """Encrypt ``value`` for the row that ``owner`` names, e.g. ``"server 7 of account 2"``."""
        return self._fernet.encrypt(msgspec.json.encode(_Sealed(owner, value)))

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt. Raises SealError when the keys do not fit or the row is not the owner."""
        try:
            content = msgspec.json.decode(self._fernet.decrypt(sealed), type=_Sealed)
        except (InvalidToken, msgspec.MsgspecError):
            raise SealError(
                "the stored secret cannot be opened with ENCRYPTION_KEYS; "
                "restore the key it was sealed with, or enter the token again"
            ) from None
        if content.owner != owner:
            raise SealError(
                "the stored secret belongs to another row and is refused; enter the token again"
            )
        return content.value

    def reseal(self, sealed: bytes) -> bytes:
        """Encrypt again with the newest key, unopened. Raises SealError as ``open`` does."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise SealError("the stored secret cannot be opened with ENCRYPTION_KEYS") from None
