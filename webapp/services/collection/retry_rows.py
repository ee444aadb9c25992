"""Rows for retries: a failed customer is collected again from the fleet of the same night.

They are stored for that customer only, in the fields that metering needs, until the retry succeeds
or the customer's next collection starts.
"""

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import Session

from webapp.db import upsert
from webapp.models import Collection, Feed, Outcome, RetryRows
from webapp.printerpoint.fleet import FeedRows, RowSource
from webapp.services.metering import match

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(FeedRows).decode


def save(session: Session, collection: Collection, feed_id: int, rows: RowSource) -> None:
    """Store the rows of a feed for its retry."""
    feed = session.get_one(Feed, feed_id, populate_existing=True)
    serials = match.devices_of(session, feed_id).serials()
    found = rows.rows_for(feed.customer_id, feed.customer_name, serials)
    upsert(
        session,
        RetryRows,
        [{"collection_id": collection.id, "feed_id": feed_id, "rows": _encode(found)}],
        key=("collection_id", "feed_id"),
        update=("rows",),
    )


def load(session: Session, collection_id: int, feed_id: int) -> tuple[FeedRows, datetime] | None:
    """The rows of a feed that failed, and when it failed; None when they were deleted."""
    stored = session.execute(
        select(RetryRows.rows, Outcome.at)
        .join(
            Outcome,
            and_(
                Outcome.collection_id == RetryRows.collection_id,
                Outcome.feed_id == RetryRows.feed_id,
            ),
        )
        .where(RetryRows.collection_id == collection_id, RetryRows.feed_id == feed_id)
    ).one_or_none()
    return None if stored is None else (_decode(stored.rows), stored.at)


def delete_of_feed(session: Session, collection_id: int, feed_id: int) -> None:
    """Delete the rows of a feed whose retry succeeded."""
    session.execute(
        delete(RetryRows).where(
            RetryRows.collection_id == collection_id, RetryRows.feed_id == feed_id
        )
    )


def delete_earlier(session: Session, begun: Collection) -> None:
    """Delete the rows of earlier collections of the feeds that a collection now reads again."""
    earlier = select(Collection.id).where(
        Collection.server_id == begun.server_id, Collection.id != begun.id
    )
    read_again: list[ColumnElement[bool]] = [RetryRows.collection_id.in_(earlier)]
    if begun.feed_id is not None:
        read_again.append(RetryRows.feed_id == begun.feed_id)
    session.execute(
        delete(RetryRows).where(*read_again).execution_options(synchronize_session=False)
    )
