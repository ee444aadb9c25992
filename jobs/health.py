"""Health checks: one authenticated call to each server, every hour."""

import logging
from collections.abc import Callable
from datetime import datetime

from jobs import runtime
from webapp import clock
from webapp.crypto import DecryptionError
from webapp.db import db
from webapp.extensions import current_settings
from webapp.models import Server
from webapp.printerpoint.errors import PrinterpointError
from webapp.queries import servers
from webapp.services.servers import clients, health

log = logging.getLogger("releaf.health")

#: The most servers that an error names.
_NAMED = 3


class NotChecked(Exception):
    """Some servers could not be checked; the others are."""


@runtime.job
def check_server(server_id: int) -> str:
    """The job: check one server."""
    return "healthy" if check(server_id) else "unhealthy"


@runtime.job
def check_servers() -> str:
    """The job: check every server; a paused one resumes when it passes.

    A token that cannot be decrypted is stated on the server's page. Raises NotChecked.
    """
    with db.session() as session:
        ids = servers.registered(session)
        session.commit()
    unhealthy = 0
    failed = []
    for server_id in ids:
        try:
            unhealthy += not check(server_id)
        except DecryptionError:
            log.exception("server %s cannot be checked", server_id)
            unhealthy += 1
        except Exception as error:
            if runtime.ends_job(error):
                raise
            log.exception("server %s cannot be checked", server_id)
            failed.append(f"server {server_id}: {type(error).__name__}")
    if failed:
        raise NotChecked(
            f"{len(failed)} of {len(ids)} servers were not checked. {'; '.join(failed[:_NAMED])}"
        )
    return f"{len(ids)} servers, {unhealthy} unhealthy"


def check(server_id: int, now: Callable[[], datetime] = clock.now) -> bool:
    """Check one server and record the result; return whether it is reachable.

    ``now`` replaces the clock, for simulated nights. Raises DecryptionError when its token cannot
    be decrypted, which is not an error of the server.
    """
    with db.session() as session:
        server = session.get_one(Server, server_id)
        try:
            client = clients.client_of(current_settings(), server)
        except DecryptionError:
            health.token_unreadable(session, server, now())
            session.commit()
            raise
        session.commit()  # no transaction is open during the call
        try:
            client.check()
        except PrinterpointError as error:
            health.server_failed(session, server, error, now())
            session.commit()
            log.warning("server %s: %s", server_id, error)
            return False
        health.server_answered(session, server, now())
        session.commit()
    return True
