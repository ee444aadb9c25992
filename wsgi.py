"""What a web server runs: ``gunicorn wsgi:app``; ``flask --app wsgi`` has the commands as well."""

import gc
import os
import sys

from webapp import settings as configuration
from webapp.app import configure_logging, create_app
from webapp.cli import register
from webapp.errors import Conflict
from webapp.settings import SettingsError

try:
    settings = configuration.load()
    configure_logging(settings)
    app = create_app(settings)
except (SettingsError, Conflict) as error:
    sys.stderr.write(f"releaf: {error}\n")
    # With this code gunicorn stops; with any other it would start its workers again for ever.
    sys.exit(3)

if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
    register(app)

# The application stays until the process ends: without this, Python searches all of it for garbage
# now and then, and a page waits for some tenths of a second.
gc.collect()
gc.freeze()
