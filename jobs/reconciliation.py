"""The daily job: reconcile pages, check the audit trail, delete old sessions."""

import logging

from jobs import runtime
from webapp import clock
from webapp.db import READ_ONLY, db
from webapp.queries import reconciliation as queries
from webapp.services.accounts import audit, sessions
from webapp.services.certificates import reconciliation

log = logging.getLogger("releaf.reconciliation")


@runtime.job
def reconcile_due() -> str:
    """The job: once a day, reconcile, check the audit trail, and delete old sessions.

    Differences are logged and stored.
    """
    with db.session() as session:
        # Comparing takes a while, during which other writers to SQLite do not wait.
        session.connection(execution_options=READ_ONLY)
        now = clock.now()
        if not reconciliation.is_due(session, now):
            session.rollback()
            return "not due"
        result = queries.reconcile(session)
        trail = audit.check_chain(session)
        session.commit()
        reconciliation.record(session, result, now, audit_complete=trail.is_complete)
        sessions.delete_old(session, now)
        session.commit()
    for difference in result.differences:
        log.error("figures do not add up: %s", difference)
    if not trail.is_complete:
        log.error("entries of the audit trail were changed or deleted; run: releaf audit check")
    return f"{len(result.balances)} feeds, {len(result.differences)} differences"
