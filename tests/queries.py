"""The statements that are sent to a database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from webapp import asking
from webapp.asking import Question


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile, by whomever."""
    statements: list[str] = []
    send = asking.sent

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    def noted(connection: Connection, questions: Sequence[Question[Any]]) -> Any:
        statements.extend(str(question.statement) for question in questions)
        return send(connection, questions)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(asking, "sent", noted):
            yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
