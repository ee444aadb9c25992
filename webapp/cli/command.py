"""The base of all commands: ``--json``, and errors as one line and an exit code.

Exit codes: 0 done, 1 the work or part of it failed, 2 wrong usage.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from webapp.cli import output
from webapp.crypto import DecryptionError
from webapp.errors import Conflict, Invalid, NotFound
from webapp.printerpoint.errors import PrinterpointError
from webapp.setting_values import SettingsError

WORK_FAILED = 1
WRONG_USE = 2

_ARGUMENTS = "releaf.arguments"


class Command(click.Command):
    """A command with ``--json`` after its other options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _with_examples(self.help)
        self.params.append(output.json_option())

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; expected errors call ``ctx.exit``."""
        with _expected_errors(ctx):
            return super().invoke(ctx)


class Group(AppGroup):
    """A noun and its commands, which run in the context of the application.

    Errors of a command's arguments are reported as the command's.
    """

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
        """Run the named command."""
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
    """Turn expected errors into a line and an exit code. Others are bugs and are raised."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        _exit_with_usage(ctx, error)
    except Invalid as error:
        param = next((one for one in ctx.command.params if one.name == error.field), None)
        typed = error.field if param is None else _typed(ctx, param)
        field = error.field if param is None else _name(param)
        _exit(ctx, field, error.message, f"{typed}: {error.message}", WRONG_USE)
    except SettingsError as error:
        text = str(error)
        _exit(ctx, text.partition(":")[0], text, text, WRONG_USE)
    except (NotFound, Conflict, PrinterpointError, DecryptionError) as error:
        code = WRONG_USE if isinstance(error, NotFound) else WORK_FAILED
        _exit(ctx, None, str(error), str(error), code)
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        text = f"DATABASE_URL: the database cannot be used: {reason}"
        _exit(ctx, "DATABASE_URL", text, text, WORK_FAILED)
    except OSError as error:
        if error.filename is None:  # a closed pipe
            raise
        text = f"{error.filename}: {error.strerror}"
        _exit(ctx, None, text, text, WORK_FAILED)


def _exit_with_usage(ctx: click.Context, error: click.UsageError) -> NoReturn:
    where = error.ctx or ctx
    usage = f"{where.get_usage()}\nTry '{where.command_path} --help' for help.\n"
    message = error.format_message()
    field = None
    if isinstance(error, click.BadParameter) and error.param is not None:
        field = _name(error.param)
    elif isinstance(error, click.NoSuchOption | click.BadOptionUsage):
        field = error.option_name
    _exit(ctx, field, message, message, WRONG_USE, usage=usage)


def _exit(
    ctx: click.Context, field: str | None, message: str, plain: str, code: int, usage: str = ""
) -> NoReturn:
    arguments: tuple[str, ...] = ctx.meta.get(_ARGUMENTS, ())
    output.print_error(field, message, f"{usage}Error: {plain}", json="--json" in arguments)
    ctx.exit(code)


def _typed(ctx: click.Context, param: click.Parameter) -> str:
    """Return a parameter as typed on the command line: ``--time-zone``, ``NAME``."""
    return max(param.opts, key=len) if isinstance(param, click.Option) else param.make_metavar(ctx)


def _name(param: click.Parameter) -> str:
    """Return a parameter's JSON name: ``time_zone`` of ``--time-zone``, ``name`` of NAME."""
    return max(param.opts, key=len).lstrip("-").replace("-", "_")
