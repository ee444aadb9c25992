"""Secrets at rest."""

import pytest
from cryptography.fernet import Fernet

from webapp.crypto import Keyring, SealError

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
OWNER = "server 7 of account 2"
TOKEN = "dealer-token-abc123"


def test_a_sealed_value_shows_nothing_and_opens_for_its_owner() -> None:
    keyring = Keyring([NEW])

    sealed = keyring.seal(TOKEN, OWNER)

    assert TOKEN.encode() not in sealed
    assert keyring.open(sealed, OWNER) == TOKEN
    assert keyring.seal(TOKEN, OWNER) != sealed


def test_a_value_copied_to_another_row_is_refused() -> None:
    keyring = Keyring([NEW])
    sealed = keyring.seal(TOKEN, OWNER)

    with pytest.raises(SealError, match="belongs to another row") as refusal:
        keyring.open(sealed, "server 8 of account 3")

    assert TOKEN not in str(refusal.value)


def test_keys_rotate_the_newest_seals_and_all_open() -> None:
    sealed = Keyring([OLD]).seal(TOKEN, OWNER)
    rotated = Keyring([NEW, OLD])

    resealed = rotated.reseal(sealed)

    assert rotated.open(sealed, OWNER) == TOKEN
    assert Keyring([NEW]).open(resealed, OWNER) == TOKEN
    assert Keyring([NEW]).open(rotated.seal(TOKEN, OWNER), OWNER) == TOKEN


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"gAAAAA"])
def test_a_damaged_value_or_a_lost_key_is_told_with_the_remedy(damage: bytes) -> None:
    sealed = Keyring([OLD]).seal(TOKEN, OWNER)

    with pytest.raises(SealError, match="ENCRYPTION_KEYS"):
        Keyring([NEW]).open(sealed, OWNER)
    with pytest.raises(SealError, match="ENCRYPTION_KEYS"):
        Keyring([OLD]).open(damage, OWNER)
    with pytest.raises(SealError, match="ENCRYPTION_KEYS"):
        Keyring([NEW]).reseal(sealed)


def test_a_keyring_shows_no_key() -> None:
    assert repr(Keyring([NEW, OLD])) == "Keyring(...)"
