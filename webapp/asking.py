"""Asking: what pages read from the database, several questions over one way there and back.

Statements are SQLAlchemy's. To PostgreSQL a page sends all that it can know it will ask at once, in
psycopg's pipeline mode, which SQLAlchemy has no way to use: half of what a page of many parts took
was spent on the way. Everything else (SQLite; a request that may write) is asked in turn.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

import psycopg
from sqlalchemy import Dialect
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.db import reading

Told = TypeVar("Told")
#: The statements that are kept as PostgreSQL has them: those of all our pages.
_KEPT = 1_024
#: So many texts of one, which differ by the length of a list.
_TEXTS = 256


class Question(Generic[Told]):
    """A statement with its values, and what its rows tell; ``ask`` has it answered.

    Statements are built once, as constants or by what remembers them: each is translated when it is
    asked for the first time. ``told``: makes the answer of the rows, which are tuples with names.
    """

    __slots__ = ("_answer", "_told", "statement", "values")

    def __init__(
        self,
        statement: Any,
        values: Mapping[str, Any] | None = None,
        told: Callable[[Sequence[Any]], Told] | None = None,
    ) -> None:
        self.statement = statement
        self.values = values or {}
        self._told = told
        self._answer: tuple[Told] | None = None

    @property
    def answer(self) -> Told:
        """What the database told. Raises LookupError before it was asked."""
        if self._answer is None:
            raise LookupError("this question was not asked")
        return self._answer[0]

    def hear(self, rows: Sequence[Any]) -> None:
        """Take the rows."""
        self._answer = (self._told(rows) if self._told is not None else rows,)  # type: ignore[assignment]


def ask(session: Session, *questions: Question[Any]) -> None:
    """Have questions answered that do not depend on each other.

    Raises what SQLAlchemy raises for the same troubles.
    """
    asked = reading(session)
    if isinstance(asked, Connection) and asked.dialect.driver == "psycopg":
        found = sent(asked, questions)
    else:
        found = [asked.execute(one.statement, one.values).all() for one in questions]
    for one, rows in zip(questions, found, strict=True):
        one.hear(rows)


def answer(session: Session, question: Question[Told]) -> Told:
    """The answer to one question."""
    ask(session, question)
    return question.answer


def rows(session: Session, statement: Any, values: Mapping[str, Any] | None = None) -> Any:
    """The rows of one statement."""
    return answer(session, Question[Any](statement, values))


def sent(connection: Connection, questions: Sequence[Question[Any]]) -> list[Sequence[Any]]:
    """The rows that PostgreSQL answers; several questions are sent before the first is answered."""
    made = [_translated(one.statement, connection.dialect) for one in questions]
    texts = [one.text(question.values) for one, question in zip(made, questions, strict=True)]
    over: Any = connection.connection.driver_connection
    try:
        with over.pipeline() if len(questions) > 1 else nullcontext():
            cursors = [over.execute(text, values) for text, values in texts]
            found = [cursor.fetchall() for cursor in cursors]
    except psycopg.Error as error:
        asked = ";\n".join(text for text, _ in texts)
        raise _as_sqlalchemy_tells(connection, over, error, asked) from error
    return [one.named(rows) for one, rows in zip(made, found, strict=True)]


def _as_sqlalchemy_tells(
    connection: Connection, over: Any, error: psycopg.Error, text: str
) -> Exception:
    """The error that SQLAlchemy makes of one; the connection is not handed out again.

    Of one that is not lost psycopg may believe now that it has prepared what came behind the
    statement that failed.
    """
    dialect: Any = connection.dialect
    lost: bool = dialect.is_disconnect(error, over, None)
    if lost:
        connection.invalidate(error)
    else:
        connection.connection.invalidate(error, soft=True)
    made: Exception = DBAPIError.instance(
        text, {}, error, psycopg.Error, hide_parameters=True, connection_invalidated=lost
    )
    return made


class _Translated:
    """A statement as PostgreSQL has it, and how its values and rows are written."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        self._compiled: Any = statement.compile(dialect=dialect)
        for bound in self._compiled.bind_names:
            if bound.type.dialect_impl(dialect).bind_processor(dialect) is not None:
                # Nothing is asked for by what is kept in another form than it is known in.
                raise TypeError(f"{bound.key!r} cannot be asked for")
        columns = statement.selected_columns
        row = cast(Any, namedtuple)("Row", columns.keys(), rename=True)
        self._row = row._make
        kinds = [column.type.dialect_impl(dialect) for column in columns]
        made = [kind.result_processor(dialect, None) for kind in kinds]
        self._made = [(place, make) for place, make in enumerate(made) if make is not None]
        #: The constants in it.
        self._fixed = {
            name: bound.effective_value
            for bound, name in self._compiled.bind_names.items()
            if not bound.required
        }
        #: Those of its values that its text depends on: lists on their length, others as they are.
        late = self._compiled.post_compile_params | self._compiled.literal_execute_params
        self._written = sorted({bound.key for bound in late if bound.required})
        self._texts: dict[Any, tuple[str, Mapping[str, Sequence[str]]]] = {}

    def text(self, values: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The statement and its parameters for some values."""
        written = [values[name] for name in self._written]
        kind = tuple(len(one) if isinstance(one, (list, tuple)) else str(one) for one in written)
        known = self._texts.get(kind)
        if known is None:
            state = self._compiled.construct_expanded_state({**self._fixed, **values})
            known = state.statement, state.parameter_expansion
            if len(self._texts) >= _TEXTS:
                self._texts.clear()
            self._texts[kind] = known
        text, lists = known
        if not lists:
            return text, {**self._fixed, **values} if self._fixed else values
        parameters = {**self._fixed, **values}
        for name, several in lists.items():
            parameters.update(zip(several, parameters[name], strict=True))
        return text, parameters

    def named(self, found: Sequence[Sequence[Any]]) -> Sequence[Any]:
        """Rows with names, in the types of the statement's columns."""
        if not self._made:
            return list(map(self._row, found))
        rows = []
        for values in found:
            row = list(values)
            for place, make in self._made:
                row[place] = make(row[place])
            rows.append(self._row(row))
        return rows


_translated = lru_cache(maxsize=_KEPT)(_Translated)
