"""The WSGI application: ``gunicorn --preload wsgi:app``; ``flask --app wsgi`` has the commands."""

import gc
import os

from webapp import settings as configuration
from webapp.app import configure_logging, create_app, start
from webapp.cli import register
from webapp.errors import Conflict
from webapp.setting_values import SettingsError

try:
    settings = configuration.load()
    configure_logging(settings)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        # "releaf database upgrade" is one of the commands, so they do not wait for the schema.
        app = create_app(settings)
        register(app)
    else:
        app = start(settings)
except (SettingsError, Conflict) as error:
    raise SystemExit(f"releaf: {error}") from None

# Exclude the application from garbage collection, which would delay a page by some tenths of a
# second.
gc.collect()
gc.freeze()
