"""Certificates are rendered in batches, each of which can be repeated and may have a bad one."""

from datetime import datetime

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy import func, select

from jobs import month_end, runtime
from tests import factories
from tests.queries import counted
from tests.world import World
from webapp import queue_status
from webapp.models import Account, Certificate, ClosedMonth, Document


@pytest.fixture
def world(world: World, fixed_clock: datetime, monkeypatch: pytest.MonkeyPatch) -> World:
    """Jobs of this process run in the application of the test, on a day when months close."""
    monkeypatch.setattr(runtime, "get_app", world.app_of_jobs)
    return world


def issue(world: World, *names: str) -> list[int]:
    """Issue a certificate to each of these customers; return the ids."""
    with world.session() as session:
        accounts = [factories.customer(session, name=name) for name in names]
        ids = [factories.certificate(session, account).id for account in accounts]
        session.commit()
    return ids


def rendered(world: World) -> set[int]:
    """The certificates that have a document."""
    with world.session() as session:
        return set(session.scalars(select(Document.certificate_id)))


def waiting(connection: Redis) -> list[str]:
    """The jobs that wait."""
    return list(Queue("documents", connection=connection).get_job_ids())


def test_accounts_whose_last_month_is_closed_need_no_statements(
    world: World, redis_connection: Redis
) -> None:
    def statements_of_a_run() -> int:
        with counted() as statements:
            month_end.close_due()
        return len(statements)

    numbers = []
    for more in (1, 8):
        with world.session() as session:
            # The last night of an unhealthy server is not waited for.
            server = factories.server(session, health="unhealthy")
            for _ in range(more):
                factories.feed(session, server, factories.customer(session, server.account))
            session.commit()
        month_end.close_due()  # closes their last month, which has no pages
        numbers.append(statements_of_a_run())

    assert numbers[0] == numbers[1]


def test_an_account_whose_months_cannot_be_closed_does_not_keep_those_of_others_open(
    world: World, redis_connection: Redis
) -> None:
    with world.session() as session:
        server = factories.server(session, health="unhealthy")
        names = ("Atlantis", "Clinic", "Harbour")
        ids = [factories.customer(session, server.account, name=name).id for name in names]
        for account_id in ids:
            factories.feed(session, server, session.get_one(Account, account_id))
        session.get_one(Account, ids[0]).time_zone = "Nowhere/Atlantis"
        pending = factories.certificate(session).id
        session.commit()

    with pytest.raises(month_end.NotClosed) as failure:
        month_end.close_due()
    with world.session() as session:
        closed = session.scalars(select(ClosedMonth.account_id).distinct()).all()

    assert sorted(closed) == ids[1:]
    message = str(failure.value)
    assert message.startswith(f"Accounts whose months were not closed: 1. account {ids[0]}: ")
    assert waiting(redis_connection) == [f"certificates-{pending}-{month_end.BATCH}"]


def test_certificates_are_enqueued_in_batches_of_fixed_ranges_once(
    world: World, redis_connection: Redis
) -> None:
    with world.session() as session:
        for number in (1, 49, 50, 51, 150):
            factories.certificate(session).id = number
            session.flush()
        session.commit()

    results = [month_end.close_due() for _ in range(2)]

    assert results == ["0 certificates issued, 5 to render"] * 2
    assert waiting(redis_connection) == [
        "certificates-1-50",
        "certificates-51-100",
        "certificates-101-150",
    ]


def test_a_batch_is_rendered_and_a_repeated_one_renders_the_missing_only(world: World) -> None:
    ids = issue(world, "Harbour", "Clinic", "Office")
    with world.app.app_context():
        month_end.render_certificate(ids[1])

    results = [month_end.render_batch(ids[0], ids[-1]) for _ in range(2)]

    assert results == ["2 certificates", "0 certificates"]
    assert rendered(world) == set(ids)


def test_a_bad_certificate_is_reported_and_the_others_are_rendered(
    world: World, redis_connection: Redis
) -> None:
    good, _, last = issue(world, "Harbour", "Sumerian \U00012000", "Office")
    month_end.close_due()

    worker = SimpleWorker(["documents"], connection=redis_connection)
    worker.work(burst=True)
    (failure,) = queue_status.failures(world.settings, 10)
    month_end.close_due()
    again = waiting(redis_connection)

    assert rendered(world) == {good, last}
    assert failure.error.startswith(
        "jobs.month_end.NotRendered: 1 of 3 PDFs were not generated. R-"
    )
    assert again == [failure.id]


def test_certificates_of_other_batches_are_left_to_them(world: World) -> None:
    first, second, third = issue(world, "Harbour", "Clinic", "Office")

    month_end.render_batch(second, second)

    assert rendered(world) == {second}
    with world.session() as session:
        assert session.scalar(select(func.count(Certificate.id))) == 3
    assert first < second < third
