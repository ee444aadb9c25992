"""The command line: ``releaf`` for operators and scripts; the same commands under ``flask``."""

from importlib import import_module
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from webapp.cli import context, environment
from webapp.cli.command import Group

#: The module of each command, imported when it is run, because some imports take a second.
_COMMANDS = {
    "account": "webapp.cli.accounts:account",
    "audit": "webapp.cli.audit:audit",
    "certificates": "webapp.cli.certificates:certificates",
    "collect": "webapp.cli.collect:collect",
    "database": "webapp.cli.database:database",
    "demo": "webapp.cli.seed:demo",
    "device": "webapp.cli.devices:device",
    "equivalent": "webapp.cli.equivalents:equivalent",
    "feed": "webapp.cli.feeds:feed",
    "list": "webapp.cli.listing:listing",
    "month": "webapp.cli.months:month_group",
    "reconcile": "webapp.cli.reconcile:reconcile",
    "recount": "webapp.cli.recount:recount",
    "review": "webapp.cli.review:review",
    "server": "webapp.cli.servers:server",
    "user": "webapp.cli.users:user",
}


class _Root(Group):
    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        extra.setdefault("obj", ScriptInfo(create_app=context.create_app, set_debug_flag=False))
        return super().make_context(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _load(cmd_name) if cmd_name in _COMMANDS else None


def _load(name: str) -> click.Command:
    module, _, attribute = _COMMANDS[name].partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command


@click.group("releaf", cls=_Root)
@click.version_option(package_name="releaf", prog_name="releaf")
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="Read settings from this file, as systemd does. Variables of the environment win.",
)
def releaf(env_file: Path | None) -> None:
    """Releaf counts the pages that printers report to Printerpoint, and certifies the trees.

    First steps:

      releaf account add "Northwind Print" --time-zone America/New_York --country US
      releaf server add --account "Northwind Print" < token.txt
      releaf feed add 1 --all
      releaf collect
      releaf certificates issue --month 2026-10

    Every command has --help, and --json to print one JSON document. Exit codes: 0 success, 1 the
    work or part of it failed, 2 wrong usage. Settings are environment variables (see README).

    Where the service is installed, /etc/releaf/releaf.env is read without --env-file, unless
    RELEAF_ENV is set or there is a local instance; a line on standard error names it. The data of
    a demo (RELEAF_INSTANCE=instance/demo) is used with the settings of the demo.
    """
    environment.read(env_file)


def main() -> None:
    """Run ``releaf``."""
    releaf(prog_name="releaf")


def register(app: Flask) -> None:
    """Add the same commands to ``flask --app wsgi``, and the models to its shell."""
    for name in _COMMANDS:
        app.cli.add_command(_load(name), name)

    @app.shell_context_processor
    def names() -> dict[str, object]:
        from webapp import models
        from webapp.db import db

        return {name: getattr(models, name) for name in models.__all__} | {"db": db}
