"""Encryption of stored secrets, and hashes of tokens.

Encryption is MultiFernet, with each ciphertext bound to its row.

Fernet alone accepts a ciphertext that was copied from another row, so the owner is encrypted with
the value and compared when it is decrypted.
"""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class DecryptionError(Exception):
    """A value cannot be decrypted: wrong keys, damaged, or copied from another row."""


class _Payload(msgspec.Struct, array_like=True):
    owner: str
    value: str


def hash_token(token: str) -> str:
    """Return the SHA-256 of a random token, which is stored in its place."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def keyed_hash(secret_key: str, purpose: str, value: str) -> str:
    """Return a hash of a value that can be guessed, e.g. an address; it differs by purpose."""
    message = f"{purpose}\0{value}".encode("utf-8", "surrogatepass")
    return hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()


class Keyring:
    """The encryption keys, newest first: the first encrypts, all decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def __repr__(self) -> str:
        return "Keyring(...)"

    def encrypt(self, value: str, owner: str) -> bytes:
        """Encrypt ``value`` for the row that ``owner`` names, e.g. ``"server 7 of account 2"``."""
        return self._fernet.encrypt(msgspec.json.encode(_Payload(owner, value)))

    def decrypt(self, ciphertext: bytes, owner: str) -> str:
        """Decrypt a value. Raises DecryptionError for other keys or another owner."""
        try:
            content = msgspec.json.decode(self._fernet.decrypt(ciphertext), type=_Payload)
        except (InvalidToken, msgspec.MsgspecError):
            raise DecryptionError(
                "The stored secret cannot be decrypted with ENCRYPTION_KEYS. "
                "Restore the key it was encrypted with, or enter the token again."
            ) from None
        if content.owner != owner:
            raise DecryptionError(
                "The stored secret belongs to another row and is refused. Enter the token again."
            )
        return content.value

    def rotate(self, ciphertext: bytes) -> bytes:
        """Encrypt again with the newest key. Raises DecryptionError as ``decrypt`` does."""
        try:
            return self._fernet.rotate(ciphertext)
        except InvalidToken:
            raise DecryptionError(
                "The stored secret cannot be decrypted with ENCRYPTION_KEYS."
            ) from None
