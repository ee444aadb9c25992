"""The worker: one process that takes jobs one after another, each in a child of its own."""

import argparse
import logging

from rq import Queue, Worker
from sqlalchemy.orm import configure_mappers

from jobs import collection, health, month_end, notifications, reconciliation, runtime, schedule
from webapp import queue
from webapp.pdf import PdfError

log = logging.getLogger("releaf.worker")

#: Imported before the first job, so that a child begins at once.
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
    """Make ready before the first child what every child would make anew: tables, the renderer.

    Nights do not depend on the renderer: without its assets only the certificates' own jobs fail.
    """
    configure_mappers()
    try:
        month_end.renderer()
    except PdfError:
        log.exception("certificates cannot be rendered on this machine")


if __name__ == "__main__":
    main()
