"""Certificates rendered by a worker, in batches, from the queue to the database.

``python -m tests.bench.documents 500 DATABASE_URL`` prints JSON. The time is that from the start
of the first batch to the end of the last one, of one worker.
"""

import json
import sys
import tempfile
from pathlib import Path

from rq import Queue
from rq.job import Job
from sqlalchemy import func, select

from jobs.month_end import BATCH
from tests import factories
from tests.database import open_session
from tests.environment.redis_server import running_redis
from tests.jobs.processes import worker
from webapp import queue
from webapp import settings as configuration
from webapp.models import Document
from webapp.services.database import upgrade


def main() -> None:
    """Issue certificates and let a worker render them."""
    count, database_url = int(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder, running_redis() as redis:
        instance = str(Path(folder) / "instance")
        config = configuration.load(
            {"RELEAF_INSTANCE": instance, "DATABASE_URL": database_url, "REDIS_URL": redis.url}
        )
        upgrade(database_url)
        with open_session(database_url) as session:
            partner = factories.partner(session)
            for number in range(count):
                customer = factories.customer(session, partner, name=f"Harbour Architects {number}")
                factories.certificate(session, customer)
            session.commit()
        queue.render_certificates(
            config, [(first, first + BATCH - 1) for first in range(1, count + 1, BATCH)]
        )
        with queue.connect(redis.url) as connection:
            ids = Queue("documents", connection=connection).get_job_ids()
            with worker(config, "--burst") as process:
                process.wait(600)
            jobs = [Job.fetch(job_id, connection=connection) for job_id in ids]
        with open_session(database_url) as session:
            rendered = session.scalar(select(func.count(Document.certificate_id)))
        began = min(job.started_at for job in jobs if job.started_at)
        took = max(job.ended_at for job in jobs if job.ended_at) - began
    print(json.dumps({"rendered": rendered, "ms": took.total_seconds() * 1_000 / count}))


if __name__ == "__main__":
    main()
