"""Failed jobs: those whose work has been done since need no attention."""

from jobs import runtime
from webapp import clock, queue_status
from webapp.db import READ_ONLY, db
from webapp.extensions import current_settings
from webapp.queries import failed_jobs

#: The most failed jobs that are compared with the database at a time.
_MOST = 1_000


@runtime.job
def resolve_done() -> str:
    """The job: remove the failed jobs whose work has been done since from RQ's registry."""
    failures = queue_status.failures(current_settings(), _MOST)
    with db.session() as session:
        session.connection(execution_options=READ_ONLY)
        done = failed_jobs.done(session, failures)
    queue_status.resolve(current_settings(), done, clock.now())
    return f"{len(done)} of {len(failures)} failed jobs resolved"
