"""Environment files: the settings of production for commands run by hand."""

import os
from pathlib import Path

import click
from dotenv import load_dotenv

from webapp.settings import DEMO_FILE, ROOT

#: The file that systemd passes to the services.
PRODUCTION = Path("/etc/releaf/releaf.env")


def read(env_file: Path | None) -> None:
    """Add the variables of a file to the environment; those that are set stay.

    Without a file, that of a demo is read if ``RELEAF_INSTANCE`` names its folder. It replaces the
    variables that are set: a demo's servers have tokens of a sandbox, which must not be sent to
    Printerpoint. Else ``PRODUCTION`` is read
    and named on standard error, if it exists, RELEAF_ENV is not set, and there is no local
    instance. A folder RELEAF_INSTANCE that is missing is named too, because a mistyped one would
    look like lost data. Raises click.ClickException if a file cannot be read.
    """
    if env_file is not None:
        _load(env_file)
    elif (demo := _file_of_demo()) is not None:
        _load(demo, override=True)
    elif "RELEAF_ENV" not in os.environ and not _has_local_instance() and _exists(PRODUCTION):
        if not os.access(PRODUCTION, os.R_OK):
            raise click.ClickException(
                f"{PRODUCTION} cannot be read by this user; run as root, or set RELEAF_ENV."
            )
        click.echo(f"releaf: settings from {PRODUCTION}", err=True)
        _load(PRODUCTION)
    instance = os.environ.get("RELEAF_INSTANCE")
    path = Path(instance).absolute() if instance else None
    production = os.environ.get("RELEAF_ENV") == "production"
    if path is not None and not production and path.parent.is_dir() and not path.exists():
        click.echo(f"releaf: RELEAF_INSTANCE: {path} does not exist yet", err=True)


def _file_of_demo() -> Path | None:
    instance = os.environ.get("RELEAF_INSTANCE")
    path = Path(instance) / DEMO_FILE if instance else None
    return path if path is not None and _exists(path) else None


def _load(path: Path, *, override: bool = False) -> None:
    try:
        # systemd, which passes the file to the services, does not expand ${NAME} either.
        load_dotenv(path, override=override, interpolate=False)
    except ValueError as error:  # not UTF-8, or a null character
        raise click.ClickException(f"{path} is not a file of settings in UTF-8.") from error


def _has_local_instance() -> bool:
    return "RELEAF_INSTANCE" in os.environ or (ROOT / "instance").exists()


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:  # of its folder
        return True
