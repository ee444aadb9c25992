"""Digests: what is unhealthy, once a week; and the dead man's check, that nights finish at all."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from webapp import formats
from webapp.models import Account, Collection, Delta, Feed, Mail, Server, User
from webapp.models.notice import Subject
from webapp.models.user import Role
from webapp.services import stories
from webapp.services.notices import Draft
from webapp.services.stories import Story

#: The digest comes on Monday from this time on, in the partner's zone.
DIGEST_AT = time(8)
#: A machine that was off in the morning sends it until noon; later it would be no news.
DIGEST_UNTIL = time(12)
#: So many stories are told in full; the others are counted.
TOLD_IN_FULL = 20
#: No night has finished for so long: somebody must look.
NIGHTS_SILENT = timedelta(hours=26)


def weekly(session: Session, now: datetime) -> list[Draft]:
    """The digests that are due: of partners of whom something is unhealthy or held."""
    due = []
    partners = session.scalars(select(Account).where(Account.kind == "partner")).all()
    for partner in partners:
        local = now.astimezone(partner.zone)
        if local.weekday() or not DIGEST_AT <= local.time() < DIGEST_UNTIL:
            continue
        year, week, _ = local.isocalendar()
        key = f"digest-{year}-{week:02}"
        users = _without(session, key, _readers("partner_admin", "digest", partner.id))
        if users:
            due += _digests(session, partner, users, key)
    return due


def nights(session: Session, now: datetime) -> list[Draft]:
    """To operations: no night has finished for 26 hours; or nights finish again."""
    finished_at = session.scalar(
        select(func.max(Collection.finished_at)).where(
            Collection.kind == "night", Collection.state == "finished"
        )
    )
    waits_since = session.scalar(
        select(func.min(Feed.created_at))
        .join(Server, Server.id == Feed.server_id)
        .where(Server.removed_at.is_(None), Feed.status.in_(("pending", "active")))
    )
    if waits_since is None:
        return []
    since = max(finished_at, waits_since) if finished_at else waits_since
    if since <= now - NIGHTS_SILENT:
        return _stopped(session, since, finished_at)
    return _go_on(session, finished_at) if finished_at else []


def _digests(session: Session, partner: Account, users: Sequence[User], key: str) -> list[Draft]:
    servers = session.scalars(
        select(Server)
        .where(
            Server.account_id == partner.id,
            Server.removed_at.is_(None),
            Server.health == "unhealthy",
        )
        .order_by(Server.health_changed_at)
    ).all()
    feeds = session.scalars(
        select(Feed)
        .join(Server, Server.id == Feed.server_id)
        .where(Server.account_id == partner.id, Feed.status == "active", Feed.health == "unhealthy")
        .options(joinedload(Feed.server), joinedload(Feed.account))
        .order_by(Feed.heard_on, Feed.id)
    ).all()
    held = session.scalar(
        select(func.count())
        .select_from(Delta)
        .join(Feed, Feed.id == Delta.feed_id)
        .join(Server, Server.id == Feed.server_id)
        .where(Server.account_id == partner.id, Delta.state == "held")
    )
    told = [stories.of_server(session, server) for server in servers]
    told += [stories.of_feed(feed) for feed in feeds]
    more = len(told) - TOLD_IN_FULL
    told = told[:TOLD_IN_FULL]
    if more > 0:
        told.append(_more(more))
    if held:
        told.append(_held(held))
    if not told:
        return []
    words = [
        formats.counted(len(servers), "unhealthy server") if servers else "",
        formats.counted(len(feeds), "silent customer") if feeds else "",
        formats.counted(held, "held gain") if held else "",
    ]
    title = f"This week: {', '.join(word for word in words if word)}"
    lead = f"What needs somebody at {partner.name}. What is healthy is not listed."
    return [Draft(user, "digest", key, title, lead, told) for user in users]


def _more(number: int) -> Story:
    return Story(
        "",
        f"And {number} more",
        [],
        "",
        "/feeds?health=unhealthy",
        True,
    )


def _held(number: int) -> Story:
    return Story(
        "Held pages",
        f"{formats.counted(number, 'gain')} {'waits' if number == 1 else 'wait'} for a decision",
        [("Why", "The counters look wrong; nothing of it is counted meanwhile")],
        "Look at each case and accept, adjust or reject it.",
        "/held",
        True,
    )


def _stopped(session: Session, since: datetime, finished_at: datetime | None) -> list[Draft]:
    key = f"nights-stopped-{since:%Y%m%dT%H%M%S}"
    users = _without(session, key, _readers("operations", "nights"))
    last = formats.time_in(finished_at, "UTC") if finished_at else "never"
    story = Story(
        "Nights",
        "No night has finished",
        [("Last one finished", last), ("Waited for since", formats.time_in(since, "UTC"))],
        "See that the workers and the scheduler run and that Redis and the database answer. No "
        "page is lost: the next night reads what was missed.",
        "/collections",
        True,
    )
    lead = "For 26 hours no collection of a night has come to its end, of any server."
    return [
        Draft(user, "nights", key, "No night has finished for 26 hours", lead, [story])
        for user in users
    ]


def _go_on(session: Session, finished_at: datetime) -> list[Draft]:
    """To those who were told last that nights had stopped."""
    due = []
    for user in session.scalars(_readers("operations", "nights")):
        last = session.execute(
            select(Mail.key, Mail.created_at)
            .where(Mail.user_id == user.id, Mail.subject == "nights")
            .order_by(Mail.id.desc())
            .limit(1)
        ).first()
        if last is None or not last.key.startswith("nights-stopped-"):
            continue
        story = Story(
            "Nights",
            "Nights finish again",
            [("Finished", formats.time_in(finished_at, "UTC"))],
            "",
            "/collections",
            False,
        )
        key = last.key.replace("stopped", "again")
        due.append(
            Draft(user, "nights", key, "Nights finish again", "What was missed is read.", [story])
        )
    return due


def _readers(role: Role, subject: Subject, account_id: int | None = None) -> Select[User]:
    """The users of a role who can be written to and want this."""
    query = select(User).where(
        User.role == role,
        User.password_hash.is_not(None),
        User.disabled_at.is_(None),
        User.wants_digest if subject == "digest" else User.wants_nights,
    )
    return query.where(User.account_id == account_id) if account_id is not None else query


def _without(session: Session, key: str, users: Select[User]) -> Sequence[User]:
    """Those users who have no mail of this key yet."""
    written = select(Mail.user_id).where(Mail.key == key)
    return session.scalars(users.where(User.id.not_in(written)).order_by(User.id)).all()
