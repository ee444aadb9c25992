"""Servers: registered once, encrypted, renamed, removed; on SQLite and on PostgreSQL."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp.crypto import DecryptionError, Keyring
from webapp.errors import Conflict, Invalid
from webapp.models import Certificate, Deposit, Feed, HealthChange, Server
from webapp.services.servers import servers
from webapp.services.servers.servers import AlreadyRegistered

TOKEN = "pp-live-4f1c9e77"


@pytest.fixture
def keyring() -> Keyring:
    """Keys of one test."""
    return Keyring([Fernet.generate_key().decode()])


def test_a_registered_server_is_healthy_and_its_token_encrypted(
    session: Session, keyring: Keyring
) -> None:
    partner = factories.partner(session)

    server = servers.register(session, keyring, partner, name=None, token=TOKEN, now=NOW)

    assert (server.name, server.health, server.health_checked_at) == (
        "Printerpoint",
        "healthy",
        NOW,
    )
    assert server.decrypt_token(keyring) == TOKEN
    assert TOKEN.encode() not in server.encrypted_token


def test_servers_without_a_name_are_numbered(session: Session, keyring: Keyring) -> None:
    partner = factories.partner(session)

    names = [
        servers.register(session, keyring, partner, name=" ", token=f"{TOKEN}{n}", now=NOW).name
        for n in range(3)
    ]

    assert names == ["Printerpoint", "Printerpoint 2", "Printerpoint 3"]


def test_blanks_around_a_token_are_removed(session: Session, keyring: Keyring) -> None:
    partner = factories.partner(session)

    server = servers.register(session, keyring, partner, name=None, token=f" {TOKEN}\n", now=NOW)

    assert server.decrypt_token(keyring) == TOKEN


@pytest.mark.parametrize(
    "text", ["", "  \n", "two words", "line\nbreak", "nul\x00l", "caf\u00e9", "a:b", "x" * 501]
)
def test_an_invalid_token_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        servers.clean_token(text)

    assert refused.value.field == "token"
    assert not text.strip() or text not in refused.value.message


def test_the_same_token_is_registered_once_for_a_partner(
    session: Session, keyring: Keyring
) -> None:
    partner = factories.partner(session)
    first = servers.register(session, keyring, partner, name="Boston", token=TOKEN, now=NOW)

    with pytest.raises(AlreadyRegistered, match="Boston") as refused:
        servers.register(session, keyring, partner, name="Again", token=TOKEN, now=NOW)

    assert refused.value.server is first
    assert session.scalar(select(func.count()).select_from(Server)) == 1


def test_a_token_of_a_removed_server_can_be_registered_again(
    session: Session, keyring: Keyring
) -> None:
    partner = factories.partner(session)
    first = servers.register(session, keyring, partner, name=None, token=TOKEN, now=NOW)
    servers.remove(session, first, NOW)

    again = servers.register(session, keyring, partner, name=None, token=TOKEN, now=NOW)

    assert again.id != first.id
    assert again.name == "Printerpoint"


def test_two_partners_may_share_a_token(session: Session, keyring: Keyring) -> None:
    one, other = factories.partner(session), factories.partner(session)
    servers.register(session, keyring, one, name=None, token=TOKEN, now=NOW)

    server = servers.register(session, keyring, other, name=None, token=TOKEN, now=NOW)

    assert server.account_id == other.id


def test_a_lost_key_of_another_server_does_not_prevent_a_registration(
    session: Session, keyring: Keyring
) -> None:
    partner = factories.partner(session)
    lost = Keyring([Fernet.generate_key().decode()])
    servers.register(session, lost, partner, name=None, token="lost-token", now=NOW)

    server = servers.register(session, keyring, partner, name=None, token=TOKEN, now=NOW)

    assert server.name == "Printerpoint 2"


def test_only_partners_have_servers(session: Session, keyring: Keyring) -> None:
    customer = factories.customer(session)

    with pytest.raises(Invalid) as refused:
        servers.register(session, keyring, customer, name=None, token=TOKEN, now=NOW)

    assert refused.value.field == "account"


def test_a_name_is_unique_within_a_partner(session: Session, keyring: Keyring) -> None:
    partner = factories.partner(session)
    factories.server(session, partner, name="Boston")

    with pytest.raises(Invalid) as refused:
        servers.register(session, keyring, partner, name="  Boston ", token=TOKEN, now=NOW)

    assert refused.value.field == "name"


def test_a_replaced_token_makes_an_unhealthy_server_healthy(
    session: Session, keyring: Keyring
) -> None:
    server = factories.server(
        session, keyring=keyring, token="old-token", health="unhealthy", health_reason="refused"
    )

    servers.replace_token(session, keyring, server, TOKEN, NOW)

    assert server.decrypt_token(keyring) == TOKEN
    assert (server.health, server.health_reason) == ("healthy", None)
    change = session.scalars(select(HealthChange)).one()
    assert (change.before, change.after) == ("unhealthy", "healthy")


def test_a_token_may_be_replaced_by_itself(session: Session, keyring: Keyring) -> None:
    server = factories.server(session, keyring=keyring, token=TOKEN)

    servers.replace_token(session, keyring, server, TOKEN, NOW)

    assert server.decrypt_token(keyring) == TOKEN


def test_the_token_of_another_server_is_refused_as_a_replacement(
    session: Session, keyring: Keyring
) -> None:
    partner = factories.partner(session)
    factories.server(session, partner, name="Boston", keyring=keyring, token=TOKEN)
    server = factories.server(session, partner, name="Salem", keyring=keyring, token="old-token")

    with pytest.raises(AlreadyRegistered):
        servers.replace_token(session, keyring, server, TOKEN, NOW)

    assert server.decrypt_token(keyring) == "old-token"


def test_a_server_is_renamed_but_not_to_the_name_of_another(session: Session) -> None:
    partner = factories.partner(session)
    factories.server(session, partner, name="Boston")
    server = factories.server(session, partner, name="Salem")

    renamed = servers.rename(session, server, "  Salem   harbour ")
    again = servers.rename(session, server, "Salem harbour")
    with pytest.raises(Invalid):
        servers.rename(session, server, "Boston")

    assert (renamed, again) == (True, False)
    assert server.name == "Salem harbour"


def test_removing_a_server_deletes_its_token_and_removes_its_feeds_but_no_history(
    session: Session, keyring: Keyring
) -> None:
    server = factories.server(session, keyring=keyring, token=TOKEN)
    feed = factories.feed(session, server)
    factories.deposit(session, feed)
    factories.certificate(session, feed.account)
    waiting = factories.collection(session, server, kind="manual", state="queued")

    went = servers.remove(session, server, NOW)
    again = servers.remove(session, server, NOW)

    assert (went, again) == (1, None)
    assert session.get_one(Feed, feed.id).status == "removed"
    assert session.scalar(select(func.count()).select_from(Deposit)) == 1
    assert session.scalar(select(func.count()).select_from(Certificate)) == 1
    session.refresh(waiting)
    assert waiting.state == "failed"
    with pytest.raises(DecryptionError):
        server.decrypt_token(keyring)


def test_a_removed_server_cannot_be_changed(session: Session, keyring: Keyring) -> None:
    server = factories.server(session, removed_at=NOW)

    with pytest.raises(Conflict):
        servers.rename(session, server, "Boston")
    with pytest.raises(Conflict):
        servers.replace_token(session, keyring, server, TOKEN, NOW)


def test_tokens_are_encrypted_again_with_the_first_key(session: Session) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    partner = factories.partner(session)
    standing = [
        servers.register(session, Keyring([old]), partner, name=None, token=f"{TOKEN}{n}", now=NOW)
        for n in range(2)
    ]

    count = servers.rotate_keys(session, Keyring([new, old]))

    assert count == 2
    assert [row.decrypt_token(Keyring([new])) for row in standing] == [f"{TOKEN}0", f"{TOKEN}1"]


def test_a_token_that_cannot_be_decrypted_stops_the_rotation_of_keys(
    session: Session, keyring: Keyring
) -> None:
    partner = factories.partner(session)
    servers.register(session, keyring, partner, name=None, token=TOKEN, now=NOW)

    with pytest.raises(DecryptionError):
        servers.rotate_keys(session, Keyring([Fernet.generate_key().decode()]))
