"""Which users are notified of which changes, and in which emails; each once."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.services.emails import rendered
from webapp.domain.health import Health
from webapp.domain.reasons import reason
from webapp.errors import Conflict
from webapp.messages import sentence
from webapp.models import Feed, HealthChange, Notice, Server, User
from webapp.printerpoint.errors import Refused, Unreachable
from webapp.services.notifications import notices, outbox
from webapp.services.servers import health

pytestmark = pytest.mark.usefixtures("public_app")

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
REFUSED = Refused(reason("token_refused", status=401))


@pytest.fixture
def server(session: Session) -> Server:
    """A server of a partner with one administrator."""
    server = factories.server(session, name="Main login")
    factories.user(session, server.account, email="ada@example.com")
    return server


def fails(session: Session, server: Server, now: datetime) -> None:
    """The server cannot be read."""
    health.server_failed(session, server, REFUSED, now)
    session.commit()


def answers(session: Session, server: Server, now: datetime) -> None:
    """It can be read again."""
    health.server_answered(session, server, now)
    session.commit()


def written(session: Session, now: datetime) -> list[notices.EmailDraft]:
    """The emails that are written at a time, in the outbox."""
    made = []
    for user_id in notices.recipients_due(session, now):
        for draft in notices.drafts(session, user_id, now):
            outbox.enqueue(session, draft, rendered(draft), now)
            made.append(draft)
        session.commit()
    return made


def titles(session: Session, now: datetime) -> list[str]:
    """The titles of the emails that are written at a time."""
    return [rendered(draft).subject for draft in written(session, now)]


def silent(session: Session, feed: Feed, now: datetime, after: Health = "unhealthy") -> None:
    """A feed's health changes."""
    change = HealthChange(
        feed_id=feed.id,
        before=feed.health,
        after=after,
        at=now,
        reason=reason("silent", days=3, last=date(2026, 11, 10)),
        last_data_on=feed.last_data_on,
    )
    session.add(change)
    feed.health = after
    notices.create(session, change, feed.server.account_id)
    session.commit()


def test_a_failing_server_causes_one_email_at_once_and_one_when_it_is_healthy(
    session: Session, server: Server
) -> None:
    for _ in range(30):
        factories.feed(session, server)
    fails(session, server, NOW)
    fails(session, server, NOW + timedelta(minutes=1))

    down = written(session, NOW + timedelta(minutes=1))
    again = written(session, NOW + timedelta(minutes=2))
    answers(session, server, NOW + timedelta(hours=1))
    up = written(session, NOW + timedelta(hours=1))

    assert [rendered(draft).subject for draft in down] == ["Main login is unhealthy"]
    assert again == []
    assert [rendered(draft).subject for draft in up] == ["Main login is reachable again"]
    text = rendered(down[0]).plain
    assert f"  Cause: {REFUSED.message}\n" in text
    assert "  Since: Nov 17, 2026, 4:30 AM EST\n" in text
    assert "  Last good data: none yet\n" in text
    assert "Then select Check now." in text
    assert f"  https://releaf.example/servers/{server.id}\n" in text


def test_only_subscribed_administrators_of_the_partner_are_notified(
    session: Session, server: Server
) -> None:
    partner = server.account
    factories.user(session, partner, role="partner_viewer")
    factories.user(session, partner, password_hash=None)
    factories.user(session, partner, disabled_at=NOW)
    factories.user(session, partner).wants_server = False
    factories.user(session, factories.customer(session, partner))
    factories.user(session)
    factories.user(session, factories.operations(session))
    fails(session, server, NOW)

    written_drafts = written(session, NOW)

    assert [draft.user.email for draft in written_drafts] == ["ada@example.com"]


def test_the_first_data_of_a_feed_cause_no_notice(session: Session, server: Server) -> None:
    feed = factories.feed(session, server, status="pending")
    silent(session, feed, NOW, after="healthy")

    assert session.scalars(select(Notice)).all() == []


def test_feeds_that_become_silent_together_are_in_one_email(
    session: Session, server: Server
) -> None:
    feeds = [factories.feed(session, server, customer_name=f"Customer {n}") for n in range(3)]
    for n, feed in enumerate(feeds):
        silent(session, feed, NOW + timedelta(minutes=n))

    early = written(session, NOW + timedelta(minutes=9))
    written_drafts = written(session, LATER)

    assert early == []
    assert [rendered(draft).subject for draft in written_drafts] == [
        "3 customers stopped reporting"
    ]
    text = rendered(written_drafts[0]).plain
    assert re.findall("Customer . is not reporting", text) == [
        "Customer 0 is not reporting",
        "Customer 1 is not reporting",
        "Customer 2 is not reporting",
    ]
    assert "  Last good data: Nov 16, 2026\n" in text


def test_silent_and_recovered_feeds_are_in_one_email(session: Session, server: Server) -> None:
    silent(session, factories.feed(session, server, customer_name="Clinic"), NOW)
    back = factories.feed(session, server, customer_name="School", health="unhealthy")
    silent(session, back, NOW, after="healthy")

    assert titles(session, LATER) == ["Clinic stopped reporting; School is reporting again"]


def test_a_change_that_is_reverted_before_its_notice_is_one_email(
    session: Session, server: Server
) -> None:
    fails(session, server, NOW)
    answers(session, server, NOW + timedelta(minutes=1))

    written_drafts = written(session, NOW + timedelta(minutes=1))

    assert [rendered(draft).subject for draft in written_drafts] == [
        "Main login is reachable again"
    ]
    text = rendered(written_drafts[0]).plain
    assert "  Changed: 2 times since Nov 17, 2026, 4:30 AM EST\n" in text
    assert f"  It was down for: {REFUSED.message}\n" in text


@pytest.mark.slow
def test_a_flapping_feed_is_in_one_email_a_day_and_each_change_once(
    session: Session, server: Server
) -> None:
    written_drafts = []
    for hour in range(60):
        moment = NOW + timedelta(hours=hour)
        (fails if hour % 2 == 0 else answers)(session, server, moment)
        written_drafts += titles(session, moment)
    written_drafts += titles(session, NOW + timedelta(hours=100))

    assert written_drafts[:3] == [
        "Main login is unhealthy",
        "Main login is reachable again",
        "Main login is unhealthy",
    ]
    assert written_drafts[3:] == ["Main login changes frequently"] * 3 + [
        "Main login is reachable again"
    ]
    rows = session.scalars(select(Notice)).all()
    assert len(rows) == 60
    assert all(row.mail_id is not None for row in rows)


def test_infrequent_changes_are_not_grouped_as_flapping(session: Session, server: Server) -> None:
    written_drafts = []
    for day in range(6):
        moment = NOW + timedelta(days=day)
        (fails if day % 2 == 0 else answers)(session, server, moment)
        written_drafts += titles(session, moment)

    assert written_drafts == ["Main login is unhealthy", "Main login is reachable again"] * 3


def test_pending_notices_are_not_sent_after_unsubscribing(session: Session, server: Server) -> None:
    silent(session, factories.feed(session, server), NOW)
    ada = session.scalars(select(User).where(User.email == "ada@example.com")).one()
    ada.wants_feed = False
    session.commit()

    assert written(session, LATER) == []
    assert session.scalars(select(Notice)).all() == []


def test_a_change_that_is_rolled_back_sends_no_notice(session: Session, server: Server) -> None:
    session.commit()
    health.server_failed(session, server, REFUSED, NOW)
    session.rollback()

    assert notices.recipients_due(session, NOW) == []


def test_a_notice_is_in_one_email_only(session: Session, server: Server) -> None:
    fails(session, server, NOW)
    ada = session.scalars(select(User).where(User.email == "ada@example.com")).one()
    draft = notices.drafts(session, ada.id, NOW)[0]
    outbox.enqueue(session, draft, rendered(draft), NOW)
    other = replace(draft, key="change-0")

    with pytest.raises(Conflict, match="another mail"):
        outbox.enqueue(session, other, rendered(draft), NOW)


def test_each_recipient_gets_emails_in_their_language(session: Session, server: Server) -> None:
    factories.user(session, server.account, email="ines@example.com").language = "es"

    fails(session, server, NOW)

    emails = {draft.user.email: rendered(draft) for draft in written(session, NOW)}
    assert emails["ada@example.com"].subject == "Main login is unhealthy"
    spanish = emails["ines@example.com"]
    assert spanish.subject == "Main login tiene problemas"
    assert "  Desde: 17 nov 2026" in spanish.plain


def test_a_recipient_without_a_language_gets_that_of_the_account(
    session: Session, server: Server
) -> None:
    server.account.language = "es"

    fails(session, server, NOW)

    assert titles(session, NOW) == ["Main login tiene problemas"]


def test_a_reason_is_in_the_language_of_the_recipient(session: Session, server: Server) -> None:
    health.server_failed(session, server, Unreachable(reason("timeout")), NOW)
    session.commit()
    session.expire_all()

    stored = session.scalars(select(HealthChange.reason)).one()

    assert sentence(stored).startswith("Printerpoint did not respond in time. Nothing was")
    with force_locale("es"):
        assert sentence(stored).startswith("Printerpoint no respondió a tiempo. ")
