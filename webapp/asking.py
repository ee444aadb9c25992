"""Statements of pages, with their values and what is made of their rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

Told = TypeVar("Told")


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
    for one in questions:
        one.hear(session.execute(one.statement, one.values).all())


def answer(session: Session, question: Question[Told]) -> Told:
    """The answer to one question."""
    ask(session, question)
    return question.answer


def rows(session: Session, statement: Any, values: Mapping[str, Any] | None = None) -> Any:
    """The rows of one statement."""
    return answer(session, Question[Any](statement, values))
