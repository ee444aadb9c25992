"""Notices: health changes of which a user is notified, and the emails that contain them.

A notice is created in the transaction of its change, one per recipient. ``drafts`` collects the due
ones into emails; each notice is in exactly one email.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from webapp.db import lock
from webapp.models import HealthChange, Mail, Notice, User
from webapp.models.notice import Subject
from webapp.services.notifications import health_items

#: A site that goes offline affects many feeds: they are collected into one email.
GATHERING = timedelta(minutes=10)
#: More changes of one server or feed than this, within the time, are sent in one email.
FLAPPING = 3
FLAPPING_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class EmailDraft:
    """An email to be rendered, by a template in ``templates/mail`` with ``values``.

    ``key``: unique for a user; ``notices``: those that it contains; ``certificate_id``: of the
    certificate that is attached.
    """

    user: User
    subject: Subject
    key: str
    template: str
    values: Mapping[str, object]
    notices: Sequence[Notice] = ()
    certificate_id: int | None = None


def create(session: Session, change: HealthChange, partner_id: int) -> int:
    """Create a notice of a change for each administrator of the partner; return how many.

    There is none for the first data of a feed, and none for customers and viewers.
    """
    if change.before == "pending":
        return 0
    session.flush()
    of_feed = change.feed_id is not None
    due_at = change.at + GATHERING if of_feed else change.at
    users = session.scalars(
        select(User.id).where(
            User.account_id == partner_id,
            User.role == "partner_admin",
            User.password_hash.is_not(None),
            User.disabled_at.is_(None),
            User.wants_feed if of_feed else User.wants_server,
        )
    ).all()
    session.add_all(
        Notice(user_id=user_id, health_change_id=change.id, due_at=due_at) for user_id in users
    )
    return len(users)


def recipients_due(session: Session, now: datetime) -> Sequence[int]:
    """Return the users for whom a notice is due."""
    due = select(Notice.user_id).where(Notice.mail_id.is_(None), Notice.due_at <= now)
    return session.scalars(due.distinct().order_by(Notice.user_id)).all()


def drafts(session: Session, user_id: int, now: datetime) -> list[EmailDraft]:
    """Return the emails with a user's due notices.

    Locks the user until the commit. Notices that the user no longer wants are deleted; frequent
    changes of one server or feed are sent once a day.
    """
    lock(session, User.id, user_id)
    user = session.get_one(User, user_id, populate_existing=True)
    pending = session.scalars(
        select(Notice)
        .where(Notice.user_id == user_id, Notice.mail_id.is_(None))
        .options(joinedload(Notice.change))
        .order_by(Notice.health_change_id)
    ).all()
    wanted = [notice for notice in pending if _wants(user, notice)]
    unwanted = [notice.id for notice in pending if not _wants(user, notice)]
    if unwanted:
        session.execute(delete(Notice).where(Notice.id.in_(unwanted)))
    return _made(session, user, wanted, now)


def _made(
    session: Session, user: User, wanted: Sequence[Notice], now: datetime
) -> list[EmailDraft]:
    made: list[EmailDraft] = []
    stable: list[list[Notice]] = []
    for group in _due(_by_subject(wanted), now):
        if _flaps(session, group[-1].change, now):
            made += _of_flapping(session, user, group, now)
        elif group[0].change.server_id is not None:
            made.append(_of_server(session, user, group))
        else:
            stable.append(group)
    if stable:
        made.append(_of_feeds(session, user, stable))
    return made


def _wants(user: User, notice: Notice) -> bool:
    wants = user.wants_server if notice.change.server_id is not None else user.wants_feed
    return wants and user.disabled_at is None


def _by_subject(notices: Sequence[Notice]) -> list[list[Notice]]:
    """Group notices by server or feed, in the order of their changes."""
    groups: dict[tuple[int | None, int | None], list[Notice]] = defaultdict(list)
    for notice in notices:
        groups[notice.change.server_id, notice.change.feed_id].append(notice)
    return list(groups.values())


def _due(groups: Sequence[list[Notice]], now: datetime) -> list[list[Notice]]:
    """Return the groups with a due notice; with those of one feed, those of the other feeds."""
    due = [group for group in groups if any(notice.due_at <= now for notice in group)]
    if all(group[0].change.feed_id is None for group in due):
        return due
    soon = now + GATHERING
    return [
        group
        for group in groups
        if group in due
        or (group[0].change.feed_id is not None and min(one.due_at for one in group) <= soon)
    ]


def _flaps(session: Session, change: HealthChange, now: datetime) -> bool:
    lately = session.scalar(
        select(func.count())
        .select_from(HealthChange)
        .where(
            HealthChange.server_id.is_not_distinct_from(change.server_id),
            HealthChange.feed_id.is_not_distinct_from(change.feed_id),
            HealthChange.at > now - FLAPPING_WITHIN,
            HealthChange.at <= now,
        )
    )
    return (lately or 0) > FLAPPING


def _of_flapping(
    session: Session, user: User, group: Sequence[Notice], now: datetime
) -> list[EmailDraft]:
    """Return one email for frequent changes; the next one follows a day later."""
    change = group[-1].change
    sent_at = _flapping_sent_at(session, user, change, since=now - FLAPPING_WITHIN)
    if sent_at is not None:
        session.execute(
            update(Notice)
            .where(Notice.id.in_([notice.id for notice in group]))
            .values(due_at=sent_at + FLAPPING_WITHIN)
        )
        return []
    item = health_items.of_changes(session, [notice.change for notice in group], flapping=True)
    key = f"often-{group[0].health_change_id}"
    return [EmailDraft(user, item.kind, key, "frequent", {"item": item}, group)]


def _flapping_sent_at(
    session: Session, user: User, change: HealthChange, since: datetime
) -> datetime | None:
    """Return when the user was last sent such an email about the server or feed of a change."""
    return session.scalar(
        select(func.max(Mail.created_at))
        .join(Notice, Notice.mail_id == Mail.id)
        .join(HealthChange, HealthChange.id == Notice.health_change_id)
        .where(
            Mail.user_id == user.id,
            Mail.key.startswith("often-"),
            HealthChange.server_id.is_not_distinct_from(change.server_id),
            HealthChange.feed_id.is_not_distinct_from(change.feed_id),
            Mail.created_at > since,
        )
    )


def _of_server(session: Session, user: User, group: Sequence[Notice]) -> EmailDraft:
    item = health_items.of_changes(session, [notice.change for notice in group])
    key = f"change-{group[0].health_change_id}"
    return EmailDraft(user, "server", key, "health", {"items": [item]}, group)


def _of_feeds(session: Session, user: User, groups: Sequence[Sequence[Notice]]) -> EmailDraft:
    items = [
        health_items.of_changes(session, [notice.change for notice in group]) for group in groups
    ]
    items.sort(key=lambda item: item.healthy)
    notices = [notice for group in groups for notice in group]
    key = f"change-{min(notice.health_change_id for notice in notices)}"
    return EmailDraft(user, "feed", key, "health", {"items": items}, notices)
