"""The hourly check of every server: an error of one does not affect the others."""

from typing import Any

import pytest
from rq.timeouts import JobTimeoutException

from jobs import health as jobs
from jobs import runtime
from tests.world import MONDAY, World
from webapp.crypto import DecryptionError, Keyring
from webapp.models import Account, Server
from webapp.services.servers import clients, servers


@pytest.fixture
def second(world: World, monkeypatch: pytest.MonkeyPatch) -> int:
    """A second server of the partner, checked after the first one, when Printerpoint is down."""
    monkeypatch.setattr(runtime, "get_app", world.app_of_jobs)
    with world.session() as session:
        server = servers.register(
            session,
            Keyring(world.settings.encryption_keys),
            session.get_one(Account, world.partner_id),
            name="South",
            token=world.printerpoint.add_dealer("another-dealer"),
            now=world.after_midnight(MONDAY),
        )
        session.commit()
    world.printerpoint.refuse()
    return server.id


def break_first(world: World, patch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the check of the first server raise an error."""
    client_of = clients.client_of

    def failing(settings: Any, server: Server) -> Any:
        if server.id == world.server_id:
            raise error
        return client_of(settings, server)

    patch.setattr(clients, "client_of", failing)


def health(world: World, server_id: int) -> str:
    """The health of a server as stored."""
    with world.session() as session:
        return session.get_one(Server, server_id).health


def is_token_unreadable(world: World) -> bool:
    """Whether the token of the first server cannot be decrypted, as stored."""
    with world.session() as session:
        return session.get_one(Server, world.server_id).token_unreadable_since is not None


def test_an_unexpected_error_of_a_server_does_not_stop_the_checks_of_others(
    world: World, second: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_first(world, monkeypatch, LookupError())

    with pytest.raises(jobs.NotChecked, match=f"1 of 2 .* server {world.server_id}: LookupError"):
        jobs.check_servers()

    assert (health(world, world.server_id), health(world, second)) == ("healthy", "unhealthy")


def test_a_token_that_cannot_be_decrypted_does_not_fail_the_job(
    world: World, second: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_of = clients.client_of
    break_first(world, monkeypatch, DecryptionError())

    assert jobs.check_servers() == "2 servers, 2 unhealthy"
    assert health(world, second) == "unhealthy"
    assert is_token_unreadable(world)
    monkeypatch.setattr(clients, "client_of", client_of)
    jobs.check_servers()
    assert not is_token_unreadable(world)


def test_the_check_of_servers_ends_when_its_time_is_over(
    world: World, second: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_first(world, monkeypatch, JobTimeoutException())

    with pytest.raises(JobTimeoutException):
        jobs.check_servers()

    assert health(world, second) == "healthy"
