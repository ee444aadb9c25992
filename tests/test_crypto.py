"""Secrets at rest."""

import pytest
from cryptography.fernet import Fernet

from webapp.crypto import DecryptionError, Keyring

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
OWNER = "server 7 of account 2"
TOKEN = "dealer-token-abc123"


def test_a_ciphertext_is_decrypted_for_its_row_only() -> None:
    keyring = Keyring([NEW])

    ciphertext = keyring.encrypt(TOKEN, OWNER)

    assert TOKEN.encode() not in ciphertext
    assert keyring.decrypt(ciphertext, OWNER) == TOKEN
    assert keyring.encrypt(TOKEN, OWNER) != ciphertext


def test_a_value_copied_to_another_row_is_refused() -> None:
    keyring = Keyring([NEW])
    ciphertext = keyring.encrypt(TOKEN, OWNER)

    with pytest.raises(DecryptionError, match="belongs to another row") as refusal:
        keyring.decrypt(ciphertext, "server 8 of account 3")

    assert TOKEN not in str(refusal.value)


def test_keys_rotate_the_newest_encrypts_and_all_decrypt() -> None:
    ciphertext = Keyring([OLD]).encrypt(TOKEN, OWNER)
    rotated = Keyring([NEW, OLD])

    rotated_value = rotated.rotate(ciphertext)

    assert rotated.decrypt(ciphertext, OWNER) == TOKEN
    assert Keyring([NEW]).decrypt(rotated_value, OWNER) == TOKEN
    assert Keyring([NEW]).decrypt(rotated.encrypt(TOKEN, OWNER), OWNER) == TOKEN


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"gAAAAA"])
def test_a_damaged_value_or_a_lost_key_is_reported_with_the_remedy(damage: bytes) -> None:
    ciphertext = Keyring([OLD]).encrypt(TOKEN, OWNER)

    with pytest.raises(DecryptionError, match="ENCRYPTION_KEYS"):
        Keyring([NEW]).decrypt(ciphertext, OWNER)
    with pytest.raises(DecryptionError, match="ENCRYPTION_KEYS"):
        Keyring([OLD]).decrypt(damage, OWNER)
    with pytest.raises(DecryptionError, match="ENCRYPTION_KEYS"):
        Keyring([NEW]).rotate(ciphertext)


def test_a_keyring_shows_no_key() -> None:
    assert repr(Keyring([NEW, OLD])) == "Keyring(...)"
