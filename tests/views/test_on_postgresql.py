"""Every page answers on PostgreSQL as it does on SQLite: sums come as decimals there, for one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import Integer, String, bindparam, func, literal_column, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from tests.browser import borough, sights
from tests.factories import NOW
from tests.views.test_access_matrix import ANYBODY, WHO
from tests.views.test_exports import LISTS
from webapp import asking, clock
from webapp.asking import Question
from webapp.crypto import Keyring
from webapp.db import (
    begin_reading,
    db,
    end_reading,
    engine,
    given_in_digits,
    only_reading,
    open_session,
)
from webapp.models import Certificate
from webapp.settings import Settings
from webapp.views import exports, lists

#: They ask for more than a database: signed links, a Printerpoint.
_ELSEWHERE = {"notices.unsubscribe_page", "customers.new"}
_ROLES = ("operations", "partner_admin", "partner_viewer", "customer")


@pytest.fixture
def settings(settings: Settings, postgresql_database: str) -> Settings:
    """On PostgreSQL."""
    return replace(settings, database_url=postgresql_database)


@pytest.fixture
def town(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[borough.Borough]:
    """One of every state that the console has a word for."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    del app  # it makes the schema
    with open_session(settings.database_url) as session:
        built = borough.build(session, Keyring(settings.encryption_keys), "token")
        session.commit()
        for user in built.people.values():
            session.refresh(user)
        session.expunge_all()
    yield built
    engine(settings.database_url).dispose()


def test_what_writes_is_in_a_transaction_whatever_was_before(app: Flask) -> None:
    over_the_engine: list[bool] = []

    @app.after_request
    def look(response: Response) -> Response:
        over_the_engine.append(db.session.get_bind() is db.engine)
        return response

    browser = app.test_client()
    browser.get("/login")
    with app.app_context():
        begin_reading()  # a request that was never ended
    browser.post("/login")
    browser.get("/login")

    assert over_the_engine == [False, True, False]
    assert not only_reading.get()


def test_a_search_finds_the_same_among_few_and_among_many(
    app: Flask, town: borough.Borough, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = town.people["operations"].get_id()
    texts = ("a", "e", "har", "A-", "CNB", "0", "%", "_", "/", "\\", "'", "no such thing")
    paths = [f"/{of}?q={quote(text)}" for of in ("feeds", "devices") for text in texts]

    def found(path: str) -> list[str]:
        return re.findall(r'<th scope="row"><a href="([^"]+)"', browser.get(path).text)

    among_few = {path: found(path) for path in paths}
    monkeypatch.setattr(lists, "FEW", -1)
    among_many = {path: found(path) for path in paths}

    assert among_few == among_many
    assert any(len(rows) > 1 for rows in among_few.values())
    assert among_few["/feeds?q=%25"] == among_few["/feeds?q=_"] == []


def test_every_page_answers(app: Flask, town: borough.Borough) -> None:
    wrong = []
    for browser, path in _visits(app, town):
        answer = browser.get(path, follow_redirects=True)
        if answer.status_code != 200:
            wrong.append((path, answer.status_code))
    assert wrong == []


def _visits(app: Flask, town: borough.Borough) -> Iterator[tuple[FlaskClient, str]]:
    """Every page, and a browser of somebody who may see it."""
    for endpoint, paths in sights.PAGES.items():
        if endpoint in _ELSEWHERE:
            continue
        may = WHO[f"{endpoint} GET"]
        role = None if may is ANYBODY else next(role for role in _ROLES if role in may)
        browser = app.test_client()
        if role is not None:
            with browser.session_transaction() as session:
                session["_user_id"] = town.people[role].get_id()
        yield from ((browser, path.format_map(town.things)) for path in paths)


def test_every_list_is_exported(app: Flask, town: borough.Borough) -> None:
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = town.people["operations"].get_id()
    for name in LISTS:
        for kind in exports.FORMATS:
            answer = browser.get(f"/{name}?export={kind}", buffered=True)
            assert answer.status_code == 200, name
            assert answer.content_length, name


def test_what_is_asked_at_once_is_what_sqlalchemy_answers(
    app: Flask, town: borough.Borough, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, asked, wrong = asking.sent, 0, []
    unnumbered = partial(re.sub, r"_\d+$", "")

    def compared(connection: Connection, questions: Sequence[Question[Any]]) -> Any:
        nonlocal asked
        told = send(connection, questions)
        for question, rows in zip(questions, told, strict=True):
            result = connection.execute(question.statement, question.values)
            names, wanted = list(result.keys()), [tuple(row) for row in result]
            asked += bool(wanted)
            if [tuple(row) for row in rows] != wanted:
                wrong.append((str(question.statement), rows, wanted))
            for row in rows[:1]:
                for ours, name in zip(row._fields, names, strict=True):
                    if not ours.startswith("_") and unnumbered(ours) != unnumbered(name):
                        wrong.append((str(question.statement), ours, name))
        return told

    monkeypatch.setattr(asking, "sent", compared)
    for browser, path in _visits(app, town):
        browser.get(path)

    assert wrong == []
    assert asked > 200


def test_what_goes_wrong_is_told_as_sqlalchemy_tells_it(app: Flask, settings: Settings) -> None:
    nothing: Any = select(func.no_such_function())
    fine: Any = select(literal_column("1").label("one"))
    asleep: Any = select(func.pg_terminate_backend(func.pg_backend_pid()))
    with app.app_context():
        begin_reading()
        session = db.session()
        with pytest.raises(ProgrammingError) as told:
            asking.ask(session, Question(fine), Question(nothing), Question(fine))
        again = asking.rows(session, fine)
        with pytest.raises(OperationalError) as lost:
            asking.rows(session, asleep)
        end_reading()
        begin_reading()  # a lost connection is not handed out again
        alive = asking.rows(db.session(), fine)
        end_reading()

    assert "no_such_function" in str(told.value)
    assert not told.value.connection_invalidated
    assert lost.value.connection_invalidated
    assert [row.one for row in again] == [row.one for row in alive] == [1]


def test_lists_of_any_length_are_asked_for(app: Flask) -> None:
    numbers: Any = bindparam("numbers", expanding=True, type_=Integer)
    digits = given_in_digits("digits")
    query: Any = select(literal_column("2").label("two"), digits).where(
        literal_column("2").in_(numbers)
    )
    with app.app_context():
        begin_reading()
        told = [
            [tuple(row) for row in asking.rows(db.session(), query, {"numbers": some, "digits": 7})]
            for some in ([], [2], [1, 2, 3], [1, 3, 4], list(range(100)))
        ]
        end_reading()

    assert told == [[], [(2, 7)], [(2, 7)], [], [(2, 7)]]


def test_nothing_is_asked_for_by_what_is_kept_in_another_form(app: Flask) -> None:
    query = select(Certificate.id).where(Certificate.trees == bindparam("trees"))
    with app.app_context():
        begin_reading()
        with pytest.raises(TypeError, match="trees"):
            asking.rows(db.session(), query, {"trees": Decimal("1.20")})
        end_reading()


def test_an_answer_that_nobody_asked_for_is_none() -> None:
    with pytest.raises(LookupError):
        _ = Question[Any](select(literal_column("1"))).answer


def test_a_failure_leaves_no_connection_that_knows_what_its_server_does_not(app: Flask) -> None:
    dividing: Any = select((literal_column("6") / bindparam("by", type_=Integer)).label("six"))
    counting: Any = select(func.length(bindparam("word", type_=String)).label("letters"))

    def asked(by: int) -> tuple[int, int]:
        begin_reading()
        try:
            share = Question[Any](dividing, {"by": by})
            letters = Question[Any](counting, {"word": "four"})
            asking.ask(db.session(), share, letters)
            return share.answer[0].six, letters.answer[0].letters
        finally:
            end_reading()

    with app.app_context():
        # psycopg prepares what it is asked for the sixth time, here behind what fails.
        before = [asked(2) for _ in range(5)]
        with pytest.raises(DataError):
            asked(0)
        after = [asked(2) for _ in range(7)]

    assert {*before, *after} == {(3, 4)}
