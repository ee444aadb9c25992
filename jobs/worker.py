"""The worker: one process that runs jobs one after another, each in a child process."""

import argparse
import logging
import time
from importlib import import_module

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import StopRequested
from sqlalchemy.orm import configure_mappers

from jobs import runtime
from webapp import queue
from webapp.pdf import PdfError, certificate_renderer
from webapp.settings import Settings

log = logging.getLogger("releaf.worker")

RESTART_SECONDS = 1.0


class JobWorker(Worker):
    """A worker that waits at most some seconds between attempts to reach Redis."""

    max_connection_wait_time = 5
    stops = False

    def handle_warm_shutdown_request(self) -> None:
        """Note that the process is to end after its job."""
        self.stops = True
        log.info("the worker stops")


def main() -> None:
    """Run until stopped; with --burst until the queues are empty."""
    parser = argparse.ArgumentParser(prog="python -m jobs.worker", description=__doc__)
    parser.add_argument("--burst", action="store_true", help="stop when the queues are empty")
    burst: bool = parser.parse_args().burst
    config = runtime.configure()
    runtime.get_app()
    _warm_up()
    while not _work(config, burst=burst):
        log.warning("the worker starts again")
        time.sleep(RESTART_SECONDS)


def _work(config: Settings, *, burst: bool) -> bool:
    """Work until stopped; return whether the process is to end.

    RQ also ends its loop when Redis fails during a job.
    """
    runtime.wait_for_redis(config.redis_url)
    with queue.connect(config.redis_url) as connection:
        queues = [Queue(name, connection=connection) for name in queue.QUEUES]
        worker = JobWorker(queues, connection=connection)
        try:
            worker.work(burst=burst, logging_level="WARNING")  # runtime.job logs each job
        except StopRequested:
            return True
        except RedisError as error:
            if burst:
                raise
            log.warning("REDIS_URL: %s", error)
        finally:
            runtime.restore_signal_handlers()
        if not worker.stops and worker.horse_pid:
            worker.wait_for_horse()  # the next job begins when this one has ended
    return burst or worker.stops


def _warm_up() -> None:
    """Prepare in the parent what every child would prepare again: jobs, mappers, the renderer.

    Collections do not need the renderer: if its assets are missing, only the certificates' jobs
    fail.
    """
    for job in queue.JOBS:
        import_module(job.rpartition(".")[0])
    configure_mappers()
    try:
        certificate_renderer()
    except PdfError:
        log.exception("certificates cannot be rendered on this machine")


if __name__ == "__main__":
    main()
