"""Environment files: the settings of production for commands run by hand."""

import os
from pathlib import Path

import click
from dotenv import load_dotenv

from webapp.settings import ROOT

#: The file that systemd passes to the services.
PRODUCTION = Path("/etc/releaf/releaf.env")


def read(env_file: Path | None) -> None:
    """Add the variables of a file to the environment; those that are set stay.

    Without a file, ``PRODUCTION`` is read and named on standard error, if it exists, RELEAF_ENV is
    not set, and there is no local instance. Raises click.ClickException if it cannot be read.
    """
    if env_file is not None:
        _load(env_file)
    elif "RELEAF_ENV" not in os.environ and not _has_local_instance() and _exists(PRODUCTION):
        if not os.access(PRODUCTION, os.R_OK):
            raise click.ClickException(
                f"{PRODUCTION} cannot be read by this user; run as root, or set RELEAF_ENV."
            )
        click.echo(f"releaf: settings from {PRODUCTION}", err=True)
        _load(PRODUCTION)


def _load(path: Path) -> None:
    try:
        # systemd, which passes the file to the services, does not expand ${NAME} either.
        load_dotenv(path, interpolate=False)
    except ValueError as error:  # not UTF-8, or a null character
        raise click.ClickException(f"{path} is not a file of settings in UTF-8.") from error


def _has_local_instance() -> bool:
    return "RELEAF_INSTANCE" in os.environ or (ROOT / "instance").exists()


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # of its folder
        return True
