"""Failed jobs whose work has been done since, by the state of the database."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from webapp import queue
from webapp.models import Certificate, Collection, RetryRows, Server
from webapp.queue_status import Failure


def done(session: Session, failures: Sequence[Failure]) -> list[Failure]:
    """Return the failed jobs that need no attention: repeating them would change nothing.

    Either the same job has succeeded since, or another job or command has done its work.
    """
    resolved = {failure.id for failure in failures if failure.succeeded}
    for function, find in _DONE.items():
        of_function = [failure for failure in failures if failure.function == function]
        if of_function:
            resolved |= find(session, of_function)
    return [failure for failure in failures if failure.id in resolved]


def _collected(session: Session, failures: Sequence[Failure]) -> set[str]:
    """Collections that ended, or whose customers a later collection has read."""
    later = aliased(Collection)
    read_later = select(later.id).where(
        later.server_id == Collection.server_id,
        later.id > Collection.id,
        later.state == "finished",
        or_(later.feed_id.is_(None), later.feed_id == Collection.feed_id),
    )
    ended = session.scalars(
        select(Collection.id)
        .join(Server)
        .where(
            Collection.id.in_(failure.ids[0] for failure in failures),
            or_(
                Collection.state.in_(("finished", "cancelled")),
                Server.removed_at.is_not(None),
                read_later.exists(),
            ),
        )
    ).all()
    return {failure.id for failure in failures if failure.ids[0] in ended}


def _retried(session: Session, failures: Sequence[Failure]) -> set[str]:
    """Customers whose rows were collected, or deleted by their next collection."""
    key = (RetryRows.collection_id, RetryRows.feed_id)
    keys = [failure.ids for failure in failures]
    left = {tuple(row) for row in session.execute(select(*key).where(tuple_(*key).in_(keys)))}
    return {failure.id for failure in failures if failure.ids not in left}


def _checked(session: Session, failures: Sequence[Failure]) -> set[str]:
    """Servers that were checked or collected after the failure, or removed."""
    ids = [failure.ids[0] for failure in failures]
    query = select(Server.id, Server.health_checked_at, Server.removed_at)
    servers = {row.id: row for row in session.execute(query.where(Server.id.in_(ids)))}
    return {
        failure.id
        for failure in failures
        if (server := servers.get(failure.ids[0])) is not None
        and (
            server.removed_at is not None
            or (failure.failed_at is not None and server.health_checked_at > failure.failed_at)
        )
    }


def _rendered(session: Session, failures: Sequence[Failure]) -> set[str]:
    """Ranges of certificates that all have a document."""
    done = set()
    for failure in failures:
        in_range = Certificate.id.between(failure.ids[0], failure.ids[-1])
        pending = select(Certificate.id).where(in_range, ~Certificate.document.has())
        if session.scalar(pending.limit(1)) is None:
            done.add(failure.id)
    return done


_DONE: Mapping[str, Callable[[Session, Sequence[Failure]], set[str]]] = {
    queue.RUN_COLLECTION: _collected,
    queue.RUN_FEED: _retried,
    queue.CHECK_SERVER: _checked,
    queue.RENDER_CERTIFICATES: _rendered,
}
