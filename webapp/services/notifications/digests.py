"""Digests: the weekly summary of what is unhealthy, and the check that nights finish."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from webapp import filters
from webapp.models import Account, Collection, Delta, Feed, Mail, Server, User
from webapp.models.notice import Subject
from webapp.models.user import Role
from webapp.queries import device_status
from webapp.queries.device_status import StatusCounts
from webapp.queries.viewer import Viewer
from webapp.services.accounts.users import language_of
from webapp.services.notifications import notification_context
from webapp.services.notifications.notices import EmailDraft
from webapp.services.notifications.notification_context import NotificationContext

#: The digest is sent on Mondays from this time on, in the partner's zone.
DIGEST_AT = time(8)
#: After a downtime it is sent until this time, and later not at all.
DIGEST_UNTIL = time(12)
#: Items listed in an email; further ones are counted.
LISTED_IN_FULL = 20
#: Operations are notified when no night has finished for this long.
NIGHTS_SILENT = timedelta(hours=26)


def weekly(session: Session, now: datetime) -> list[EmailDraft]:
    """Return the due digests, of partners with something unhealthy or to review."""
    due = []
    partners = session.scalars(select(Account).where(Account.kind == "partner")).all()
    for partner in partners:
        local = now.astimezone(partner.zone)
        if local.weekday() or not DIGEST_AT <= local.time() < DIGEST_UNTIL:
            continue
        year, week, _ = local.isocalendar()
        key = f"digest-{year}-{week:02}"
        users = without_mail(session, key, readers("partner_admin", "digest", partner.id))
        if users:
            due += _digests(session, partner, users, key)
    return due


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
            Feed.status.in_(("pending", "active")),
        )
    )
    if waits_since is None:
        return []
    since = max(finished_at, waits_since) if finished_at else waits_since
    if since <= now - NIGHTS_SILENT:
        return _stopped(session, since, finished_at)
    return _go_on(session, finished_at) if finished_at else []


def _digests(
    session: Session, partner: Account, users: Sequence[User], key: str
) -> list[EmailDraft]:
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

    def digest(user: User) -> EmailDraft:
        return _digest(session, user, key, servers, feeds, held or 0, devices)

    return in_their_languages(users, digest)


def _digest(
    session: Session,
    user: User,
    key: str,
    servers: Sequence[Server],
    feeds: Sequence[Feed],
    held: int,
    devices: StatusCounts,
) -> EmailDraft:
    contexts = [notification_context.of_server(session, server) for server in servers]
    contexts += [notification_context.of_feed(feed) for feed in feeds]
    more = len(contexts) - LISTED_IN_FULL
    contexts = contexts[:LISTED_IN_FULL]
    if more > 0:
        contexts.append(_more(more))
    if held:
        contexts.append(_review(held))
    if devices.total:
        contexts.append(_devices(devices))
    words = [
        filters.pluralize(len(servers), "unhealthy server") if servers else "",
        filters.pluralize(len(feeds), "silent customer") if feeds else "",
        filters.pluralize(held, "meter reading to review") if held else "",
        filters.pluralize(devices.total, "silent printer") if devices.total else "",
    ]
    title = gettext("This week: %(list)s", list=", ".join(word for word in words if word))
    lead = gettext(
        "What needs attention at %(name)s. Healthy items are not listed.", name=user.account.name
    )
    return EmailDraft(user, "digest", key, title, lead, contexts)


def in_their_languages(
    users: Sequence[User], write: Callable[[User], EmailDraft]
) -> list[EmailDraft]:
    """Return a draft for each user, created in the user's language."""
    drafts = []
    for user in users:
        with force_locale(language_of(user)):
            drafts.append(write(user))
    return drafts


def _more(number: int) -> NotificationContext:
    return NotificationContext(
        "",
        gettext("And %(number)s more", number=filters.number(number)),
        [],
        "",
        "/feeds?health=unhealthy",
        True,
    )


def _review(number: int) -> NotificationContext:
    return NotificationContext(
        gettext("Review"),
        ngettext(
            "%(number)s meter reading needs review",
            "%(number)s meter readings need review",
            number,
            number=filters.number(number),
        ),
        [
            (
                gettext("Why"),
                gettext(
                    "A meter jumped more than the printer could have printed, or was changed. Not "
                    "counted until reviewed."
                ),
            )
        ],
        gettext("Open each case and accept the pages, count some of them, or reject them."),
        "/review",
        True,
    )


def _devices(counts: StatusCounts) -> NotificationContext:
    return NotificationContext(
        gettext("Devices"),
        ngettext(
            "%(number)s printer has stopped reporting",
            "%(number)s printers have stopped reporting",
            counts.total,
            number=filters.number(counts.total),
        ),
        [
            (gettext("Not reporting"), filters.pluralize(counts.silent, "printer")),
            (gettext("Missing from Printerpoint"), filters.pluralize(counts.missing, "printer")),
        ],
        gettext(
            "Their feeds are healthy. Check with the customers whether these printers are switched "
            "off, replaced or removed."
        ),
        "/devices?status=attention",
        True,
    )


def _stopped(session: Session, since: datetime, finished_at: datetime | None) -> list[EmailDraft]:
    key = f"nights-stopped-{since:%Y%m%dT%H%M%S}"
    users = without_mail(session, key, readers("operations", "nights"))

    def draft(user: User) -> EmailDraft:
        return _no_night(user, key, since, finished_at)

    return in_their_languages(users, draft)


def _no_night(user: User, key: str, since: datetime, finished_at: datetime | None) -> EmailDraft:
    last = filters.time_in(finished_at, "UTC") if finished_at else gettext("never")
    context = NotificationContext(
        gettext("Nightly runs"),
        gettext("No nightly run has finished"),
        [
            (gettext("Last one finished"), last),
            (gettext("Overdue since"), filters.time_in(since, "UTC")),
        ],
        gettext(
            "Check that the workers and the scheduler are running and that Redis and the database "
            "are reachable. No pages are lost: the next nightly run collects what was missed."
        ),
        "/collections",
        True,
    )
    lead = gettext("No nightly collection of any server has finished for 26 hours.")
    return EmailDraft(
        user, "nights", key, gettext("No nightly run has finished for 26 hours"), lead, [context]
    )


def _go_on(session: Session, finished_at: datetime) -> list[EmailDraft]:
    """Return drafts to users whose last such email was that nights had stopped."""
    due = []
    for user in session.scalars(readers("operations", "nights")):
        last = session.execute(
            select(Mail.key, Mail.created_at)
            .where(Mail.user_id == user.id, Mail.subject == "nights")
            .order_by(Mail.id.desc())
            .limit(1)
        ).first()
        if last is None or not last.key.startswith("nights-stopped-"):
            continue
        with force_locale(language_of(user)):
            due.append(_again(user, last.key.replace("stopped", "again"), finished_at))
    return due


def _again(user: User, key: str, finished_at: datetime) -> EmailDraft:
    context = NotificationContext(
        gettext("Nightly runs"),
        gettext("Nightly runs finish again"),
        [(gettext("Finished"), filters.time_in(finished_at, "UTC"))],
        "",
        "/collections",
        False,
    )
    title, lead = (
        gettext("Nightly runs finish again"),
        gettext("Missed readings are being collected."),
    )
    return EmailDraft(user, "nights", key, title, lead, [context])


def readers(role: Role, subject: Subject, account_id: int | None = None) -> Select[User]:
    """Return the users of a role who have a password and want these emails."""
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
