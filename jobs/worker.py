"""The worker: one process that runs jobs one after another, each in a child process."""

import argparse
import logging

from rq import Queue, Worker
from sqlalchemy.orm import configure_mappers

from jobs import collection, health, month_end, notifications, reconciliation, runtime, schedule
from webapp import queue
from webapp.pdf import PdfError

log = logging.getLogger("releaf.worker")

#: Imported before the first job, so that children start without importing.
PRELOADED = (collection, health, month_end, notifications, reconciliation, schedule)


def main() -> None:
    """Run until stopped; with --burst until the queues are empty."""
    parser = argparse.ArgumentParser(prog="python -m jobs.worker", description=__doc__)
    parser.add_argument("--burst", action="store_true", help="stop when the queues are empty")
    burst: bool = parser.parse_args().burst
    config = runtime.configure()
    runtime.get_app()
    _warm_up()
    connection = queue.connect(config.redis_url)
    queues = [Queue(name, connection=connection) for name in queue.QUEUES]
    Worker(queues, connection=connection).work(burst=burst, logging_level=config.log_level)


def _warm_up() -> None:
    """Prepare in the parent what every child would prepare again: mappers and the renderer.

    Collections do not need the renderer: if its assets are missing, only the certificates' jobs
    fail.
    """
    configure_mappers()
    try:
        month_end.renderer()
    except PdfError:
        log.exception("certificates cannot be rendered on this machine")


if __name__ == "__main__":
    main()
