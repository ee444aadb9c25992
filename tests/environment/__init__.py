"""The services and programs of tests: PostgreSQL, a Redis-compatible server, Chromium, faketime;
and a clock.

A pytest plugin: ``tests/conftest.py`` has ``pytest_plugins = ("tests.environment",)``. Servers are
started once in a run, in a temporary folder, and end with it, even when the run is killed.
"""

pytest_plugins = (
    "tests.environment.fixed_clock",
    "tests.environment.loopback",
    "tests.environment.postgresql",
    "tests.environment.programs",
    "tests.environment.redis_server",
    "tests.environment.skips",
)
