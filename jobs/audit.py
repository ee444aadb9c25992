"""The audit trail: chain new entries."""

from jobs import runtime
from webapp.db import db
from webapp.services.accounts import audit


@runtime.job
def chain_entries() -> str:
    """The job: chain the entries that were recorded since the last run."""
    chained = 0
    with db.session() as session:
        while count := audit.chain(session):
            session.commit()
            chained += count
        session.rollback()
    return f"{chained} entries chained"
