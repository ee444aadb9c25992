"""Which failed jobs need no attention any more, by the state of the database."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp import queue
from webapp.models import RetryRows
from webapp.models.collection import CollectionState
from webapp.queries import failed_jobs
from webapp.queue_status import Failure

pytestmark = pytest.mark.both_databases


def failure(function: str, *ids: int, succeeded: bool = False) -> Failure:
    """A job that failed now."""
    return Failure("one", "collection", function, ids, NOW, "KeyError", succeeded)


def is_done(session: Session, failed: Failure) -> bool:
    """Whether a failed job needs no attention."""
    return failed_jobs.done(session, [failed]) == [failed]


@pytest.mark.parametrize(
    ("state", "done"),
    [("queued", False), ("running", False), ("failed", False), ("finished", True),
     ("cancelled", True)],
)  # fmt: skip
def test_a_collection_is_done_when_it_ended(
    session: Session, state: CollectionState, done: bool
) -> None:
    collection = factories.collection(session, state=state)

    assert is_done(session, failure(queue.RUN_COLLECTION, collection.id)) is done


def test_a_collection_is_done_when_a_later_one_has_read_its_customers(session: Session) -> None:
    first = factories.collection(session, state="failed")
    other_server = factories.collection(session, state="finished")
    before = is_done(session, failure(queue.RUN_COLLECTION, first.id))
    feed = factories.feed(session, first.server)
    factories.collection(session, first.server, kind="manual", feed_id=feed.id, state="finished")
    of_one_feed = is_done(session, failure(queue.RUN_COLLECTION, first.id))
    factories.collection(session, first.server, kind="manual", state="finished")

    assert other_server.server_id != first.server_id
    assert (before, of_one_feed) == (False, False)
    assert is_done(session, failure(queue.RUN_COLLECTION, first.id))


def test_a_collection_of_a_removed_server_is_done(session: Session) -> None:
    collection = factories.collection(session, state="failed")
    collection.server.removed_at = NOW

    assert is_done(session, failure(queue.RUN_COLLECTION, collection.id))


def test_a_customer_is_done_when_no_rows_are_left_to_collect(session: Session) -> None:
    collection = factories.collection(session)
    feed = factories.feed(session, collection.server)
    rows = RetryRows(collection_id=collection.id, feed_id=feed.id, rows=b"")
    session.add(rows)
    session.flush()
    failed = failure(queue.RUN_FEED, collection.id, feed.id)
    before = is_done(session, failed)

    session.delete(rows)
    session.flush()

    assert not before
    assert is_done(session, failed)


@pytest.mark.parametrize(("minutes", "done"), [(-1, False), (1, True)])
def test_a_check_is_done_by_a_later_one(session: Session, minutes: int, done: bool) -> None:
    server = factories.server(session)
    server.health_checked_at = NOW + timedelta(minutes=minutes)

    assert is_done(session, failure(queue.CHECK_SERVER, server.id)) is done


def test_certificates_are_done_when_all_of_them_have_a_document(session: Session) -> None:
    first, second, other = (factories.certificate(session) for _ in range(3))
    batch = failure(queue.RENDER_CERTIFICATES, first.id, second.id)
    done = [is_done(session, batch)]
    for certificate in (first, second):
        factories.document(session, certificate, b"%PDF")
        done.append(is_done(session, batch))

    assert done == [False, False, True]
    assert not is_done(session, failure(queue.RENDER_CERTIFICATES, first.id, other.id))


def test_any_job_is_done_when_it_has_succeeded_since(session: Session) -> None:
    assert is_done(session, failure("jobs.of.another.version", succeeded=True))
    assert is_done(session, failure(queue.CLOSE_MONTHS, succeeded=True))
    assert not is_done(session, failure(queue.CLOSE_MONTHS))
    assert not is_done(session, failure("jobs.of.another.version", 1, 2))


def test_jobs_about_rows_that_never_existed_are_not_done(session: Session) -> None:
    assert not is_done(session, failure(queue.RUN_COLLECTION, 7))
    assert not is_done(session, failure(queue.CHECK_SERVER, 7))
