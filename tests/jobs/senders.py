"""A sender of notices by a clock that the test sets: ``python -m tests.jobs.senders FILE``.

FILE holds the present as an ISO moment. It is read before each round; an empty one ends it.
"""

import sys
import time
from datetime import datetime
from functools import partial
from pathlib import Path

from jobs import notifications
from webapp.app import create_app


def main() -> None:
    """Write and send, round after round."""
    app = create_app()
    clock = Path(sys.argv[1])
    while text := clock.read_text(encoding="ascii"):
        with app.app_context():
            now = partial(datetime.fromisoformat, text)
            written = notifications.write(now)
            sent, failed = notifications.send(now)
        if not written + sent + failed:
            time.sleep(0.02)


if __name__ == "__main__":
    main()
