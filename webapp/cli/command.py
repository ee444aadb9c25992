"""The base of all commands: ``--json``, and expected errors as errors of Click.

Exit codes: 0 done, 1 the work or part of it failed, 2 wrong usage.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from webapp.cli import output
from webapp.crypto import DecryptionError
from webapp.errors import Conflict, Invalid, NotFound
from webapp.printerpoint.errors import PrinterpointError
from webapp.services.database import why_unusable
from webapp.setting_values import SettingsError

WORK_FAILED = 1

_ARGUMENTS = "releaf.arguments"


class CommandError(click.ClickException):
    """An error of a command, which ``--json`` shows as a document, too.

    ``shown``: the error for people; ``field``: the JSON name of its argument, option or setting.
    """

    def __init__(
        self, ctx: click.Context, shown: click.ClickException, field: str | None, message: str
    ) -> None:
        super().__init__(message)
        self._shown = shown
        self._field = field
        self._as_json = "--json" in ctx.meta.get(_ARGUMENTS, ())

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it to standard error, and the document to standard output."""
        self._shown.show(file)
        if self._as_json:
            error = {"field": self._field, "message": self.message}
            click.echo(output.encode({"error": error}))


class WrongUse(CommandError):
    """A command that was not called as it can be."""

    exit_code = 2


class Command(click.Command):
    """A command with ``--json`` after its other options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _with_examples(self.help)
        self.params.append(output.json_option())

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; expected errors are raised as CommandError."""
        with _expected_errors(ctx):
            return super().invoke(ctx)


class Group(AppGroup):
    """A noun and its commands, which run in the context of the application."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _with_examples(self.help)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Store the arguments, because an invalid one may hide ``--json``."""
        ctx.meta.setdefault(_ARGUMENTS, tuple(args))
        with _expected_errors(ctx):
            for word in args:
                if any("\ud800" <= letter <= "\udfff" for letter in word):
                    raise click.UsageError(f"{word!r} is not text in UTF-8.")
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the named command, whose arguments are parsed here."""
        with _expected_errors(ctx):
            return super().invoke(ctx)


def _with_examples(text: str | None) -> str | None:
    """Return a help text whose indented paragraphs, the examples, are not wrapped."""
    if text is None:
        return None
    paragraphs = inspect.cleandoc(text).split("\n\n")
    # Click wraps every paragraph except those that start with a backspace.
    return "\n\n".join(
        f"\b\n{paragraph}" if paragraph.startswith(" ") else paragraph for paragraph in paragraphs
    )


@contextmanager
def _expected_errors(ctx: click.Context) -> Iterator[None]:
    """Raise expected errors as CommandError. Others are bugs."""
    try:
        yield
    except (CommandError, click.exceptions.NoArgsIsHelpError):
        raise
    except click.UsageError as error:
        raise WrongUse(ctx, error, _field(error), error.format_message()) from error
    except Invalid as error:
        param = next((one for one in ctx.command.params if one.name == error.field), None)
        hint = error.field if param is None else None
        shown = click.BadParameter(output.printable(error.message), ctx, param, param_hint=hint)
        field = error.field if param is None else _name(param)
        raise WrongUse(ctx, shown, field, error.message) from error
    except (NotFound, SettingsError) as error:
        setting = str(error).partition(":")[0] if isinstance(error, SettingsError) else None
        raise WrongUse(ctx, *_line(str(error), setting)) from error
    except (click.ClickException, Conflict, PrinterpointError, DecryptionError) as error:
        raise CommandError(ctx, *_line(str(error))) from error
    except OperationalError as error:
        raise CommandError(ctx, *_line(why_unusable(error), "DATABASE_URL")) from error
    except OSError as error:
        if error.filename is None:  # a closed pipe
            raise
        raise CommandError(ctx, *_line(f"{error.filename}: {error.strerror}")) from error


def _line(message: str, field: str | None = None) -> tuple[click.ClickException, str | None, str]:
    """Return the error for people, its field and its message."""
    return click.ClickException(output.printable(message)), field, message


def _field(error: click.UsageError) -> str | None:
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _name(error.param)
    if isinstance(error, click.NoSuchOption | click.BadOptionUsage):
        return error.option_name
    return None


def _name(param: click.Parameter) -> str:
    """Return a parameter's JSON name: ``time_zone`` of ``--time-zone``, ``name`` of NAME."""
    return max(param.opts, key=len).lstrip("-").replace("-", "_")
