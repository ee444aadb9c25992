"""Digests: the weekly summary of what is unhealthy, and the check that nights finish."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from webapp.models import Account, Collection, Delta, Feed, Mail, Server, User
from webapp.models.feed import COLLECTED
from webapp.models.notice import Subject
from webapp.models.user import Role
from webapp.queries import device_status
from webapp.queries.viewer import Viewer
from webapp.services.notifications import health_items
from webapp.services.notifications.notices import EmailDraft

#: The digest is sent on Mondays from this time on, in the partner's zone.
DIGEST_AT = time(8)
#: After a downtime it is sent until this time, and later not at all.
DIGEST_UNTIL = time(12)
#: Items listed in an email; further ones are counted.
LISTED_IN_FULL = 20
#: Operations are notified when no night has finished for this long.
NIGHTS_SILENT = timedelta(hours=26)


def weekly(session: Session, partner: Account, now: datetime) -> list[EmailDraft]:
    """Return a partner's digests if they are due, and something is unhealthy or to review."""
    local = now.astimezone(partner.zone)
    if local.weekday() or not DIGEST_AT <= local.time() < DIGEST_UNTIL:
        return []
    year, week, _ = local.isocalendar()
    key = f"digest-{year}-{week:02}"
    users = without_mail(session, key, subscribers("partner_admin", "digest", partner.id))
    return _digests(session, partner, users, key) if users else []


def nights(session: Session, now: datetime) -> list[EmailDraft]:
    """Return drafts to operations: no night has finished for 26 hours, or nights finish again."""
    finished_at = session.scalar(
        select(func.max(Collection.finished_at)).where(
            Collection.kind == "scheduled", Collection.state == "finished"
        )
    )
    waits_since = session.scalar(
        select(func.min(Feed.created_at))
        .join(Server, Server.id == Feed.server_id)
        .where(
            Server.removed_at.is_(None),
            Server.awaiting_approval_since.is_(None),
            Feed.status.in_(COLLECTED),
        )
    )
    if waits_since is None:
        return []
    since = max(finished_at, waits_since) if finished_at else waits_since
    if since <= now - NIGHTS_SILENT:
        return _stopped(session, since, finished_at)
    return _resumed(session, finished_at) if finished_at else []


def _digests(
    session: Session, partner: Account, users: Sequence[User], key: str
) -> list[EmailDraft]:
    servers = session.scalars(
        select(Server)
        .where(
            Server.account_id == partner.id,
            Server.removed_at.is_(None),
            or_(Server.health == "unhealthy", Server.token_unreadable_since.is_not(None)),
        )
        .order_by(Server.health_changed_at)
    ).all()
    feeds = session.scalars(
        select(Feed)
        .join(Server, Server.id == Feed.server_id)
        .where(Server.account_id == partner.id, Feed.status == "active", Feed.health == "unhealthy")
        .options(joinedload(Feed.server), joinedload(Feed.account))
        .order_by(Feed.last_data_on, Feed.id)
    ).all()
    held = session.scalar(
        select(func.count())
        .select_from(Delta)
        .join(Feed, Feed.id == Delta.feed_id)
        .join(Server, Server.id == Feed.server_id)
        .where(Server.account_id == partner.id, Delta.state == "held", Delta.for_person)
    )
    devices = device_status.counts(session, Viewer("partner_admin", partner.id, None))
    if not (servers or feeds or held or devices.total):
        return []
    values = {
        "partner": partner.name,
        "servers": [health_items.of_server(session, server) for server in servers],
        "feeds": [health_items.of_feed(feed) for feed in feeds],
        "listed": LISTED_IN_FULL,
        "review": held,
        "devices": devices,
    }
    return [EmailDraft(user, "digest", key, "digest", values) for user in users]


def _stopped(session: Session, since: datetime, finished_at: datetime | None) -> list[EmailDraft]:
    key = f"nights-stopped-{since:%Y%m%dT%H%M%S}"
    users = without_mail(session, key, subscribers("operations", "nights"))
    values = {"since": since, "finished_at": finished_at}
    return [EmailDraft(user, "nights", key, "nights_stopped", values) for user in users]


def _resumed(session: Session, finished_at: datetime) -> list[EmailDraft]:
    """Return drafts to users whose last such email was that nights had stopped."""
    due = []
    for user in session.scalars(subscribers("operations", "nights")):
        last = session.execute(
            select(Mail.key, Mail.created_at)
            .where(Mail.user_id == user.id, Mail.subject == "nights")
            .order_by(Mail.id.desc())
            .limit(1)
        ).first()
        if last is None or not last.key.startswith("nights-stopped-"):
            continue
        key = last.key.replace("stopped", "again")
        due.append(EmailDraft(user, "nights", key, "nights_resumed", {"finished_at": finished_at}))
    return due


def subscribers(role: Role, subject: Subject, account_id: int | None = None) -> Select[User]:
    """Select the users of a role who have a password and want these emails."""
    query = select(User).where(
        User.role == role,
        User.password_hash.is_not(None),
        User.disabled_at.is_(None),
        getattr(User, f"wants_{subject}"),
    )
    return query.where(User.account_id == account_id) if account_id is not None else query


def without_mail(session: Session, key: str, users: Select[User]) -> Sequence[User]:
    """Return those users who have no email with this key yet."""
    written = select(Mail.user_id).where(Mail.key == key)
    return session.scalars(users.where(User.id.not_in(written)).order_by(User.id)).all()
