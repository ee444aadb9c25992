"""Health checks: one authenticated call to each server, every hour."""

import logging
from collections.abc import Callable
from datetime import datetime

from jobs import runtime
from webapp import clock
from webapp.crypto import DecryptionError
from webapp.db import db
from webapp.models import Server
from webapp.printerpoint.errors import PrinterpointError
from webapp.queries import servers
from webapp.services.servers import health

log = logging.getLogger("releaf.health")


@runtime.job
def check_server(server_id: int) -> str:
    """The job: check one server."""
    return "healthy" if check(server_id) else "unhealthy"


@runtime.job
def check_servers() -> str:
    """The job: check every server; a paused one resumes when it passes."""
    with db.session() as session:
        ids = servers.registered(session)
        session.commit()
    failed = []
    for server_id in ids:
        try:
            healthy = check(server_id)
        except DecryptionError:
            log.exception("server %s cannot be checked", server_id)
            failed.append(server_id)
            continue
        if not healthy:
            failed.append(server_id)
    return f"{len(ids)} servers, {len(failed)} unhealthy"


def check(server_id: int, now: Callable[[], datetime] = clock.now) -> bool:
    """Check one server and record the result; return whether it is reachable.

    ``now`` replaces the clock, for simulated nights. Raises DecryptionError when its token cannot
    be decrypted, which is not an error of the server.
    """
    with db.session() as session:
        server = session.get_one(Server, server_id)
        client = runtime.client_of(server)
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
