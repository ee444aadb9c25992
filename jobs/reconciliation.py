"""The daily reconciliation of counters, deposits, certificates and summaries."""

import logging

from jobs import runtime
from webapp import clock
from webapp.db import db
from webapp.queries import reconciliation as queries
from webapp.services.certificates import reconciliation

log = logging.getLogger("releaf.reconciliation")


def reconcile_due() -> str:
    """The job: reconcile once a day; differences are logged and stored."""
    with runtime.app_context(), db.session() as session:
        now = clock.now()
        if not reconciliation.is_due(session, now):
            session.rollback()
            return "not due"
        result = queries.reconcile(session)
        reconciliation.record(session, result, now)
        session.commit()
    for difference in result.differences:
        log.error("pages do not add up: %s", difference)
    return f"{len(result.balances)} feeds, {len(result.differences)} differences"
