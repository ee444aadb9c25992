"""The WSGI application: ``gunicorn wsgi:app``; ``flask --app wsgi`` has the commands as well."""

import gc
import os
import sys

from webapp import settings as configuration
from webapp.app import configure_logging, create_app
from webapp.cli import register
from webapp.errors import Conflict
from webapp.setting_values import SettingsError

try:
    settings = configuration.load()
    configure_logging(settings)
    app = create_app(settings)
except (SettingsError, Conflict) as error:
    sys.stderr.write(f"releaf: {error}\n")
    # With this exit code gunicorn stops; with others it would restart its workers repeatedly.
    sys.exit(3)

if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
    register(app)

# Exclude the application from garbage collection, which would delay a page by some tenths of a
# second.
gc.collect()
gc.freeze()
