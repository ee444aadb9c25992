"""The WSGI application: ``gunicorn --preload wsgi:app``; ``flask --app wsgi`` has the commands."""

import gc
import os

from webapp import logs
from webapp import settings as configuration
from webapp.app import start
from webapp.cli import register
from webapp.setting_values import SettingsError

try:
    settings = configuration.load()
except SettingsError as error:
    raise SystemExit(f"releaf: {error}") from None
logs.configure(settings.log_level)

if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
    # "releaf database upgrade" is one of the commands, so they do not wait for the schema.
    app = start(settings, wait=False)
    register(app)
else:
    app = start(settings)

# Exclude the application from garbage collection, which would delay a page by some tenths of a
# second.
gc.collect()
gc.freeze()
