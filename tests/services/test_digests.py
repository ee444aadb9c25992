"""The weekly digest, and the emails about nights that do not finish."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.services.emails import rendered
from webapp.domain.reasons import reason
from webapp.mail import EmailContent
from webapp.models import Server, User
from webapp.services.notifications import digests, outbox

pytestmark = pytest.mark.usefixtures("public_app")

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)


@pytest.fixture
def server(session: Session) -> Server:
    """A server of a partner with one administrator."""
    server = factories.server(session, name="Main login")
    factories.user(session, server.account, email="ada@example.com")
    return server


MONDAY_MORNING = datetime(2026, 11, 16, 13, 0, tzinfo=UTC)  # 8:00 in New York


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (MONDAY_MORNING - timedelta(minutes=1), False),
        (MONDAY_MORNING, True),
        (MONDAY_MORNING + timedelta(hours=3, minutes=59), True),
        (MONDAY_MORNING + timedelta(hours=4), False),
        (MONDAY_MORNING + timedelta(days=1), False),
    ],
)
def test_the_digest_is_sent_on_monday_morning_in_the_partners_zone(
    session: Session, server: Server, moment: datetime, due: bool
) -> None:
    server.health = "unhealthy"
    session.commit()

    assert bool(digests.weekly(session, server.account, moment)) is due


def test_the_digest_lists_a_server_whose_token_cannot_be_decrypted(
    session: Session, server: Server
) -> None:
    server.token_unreadable_since = MONDAY_MORNING - timedelta(days=2)
    session.commit()

    (email,) = map(rendered, digests.weekly(session, server.account, MONDAY_MORNING))

    assert section_titles(email) == ["Main login is unhealthy"]
    assert "can no longer be decrypted" in email.html


def test_the_digest_lists_what_needs_attention_once_a_week(
    session: Session, server: Server
) -> None:
    server.health, server.health_reason = "unhealthy", reason("token_refused", status=403)
    feed = factories.feed(session, server, health="unhealthy", customer_name="Clinic")
    factories.feed(session, server, customer_name="Healthy Ltd")
    factories.delta(
        session, factories.device(session, feed), pages=900_000, state="held", for_person=True
    )
    factories.delta(session, factories.device(session, feed), pages=30_000, state="held")
    session.commit()

    written_drafts = digests.weekly(session, server.account, MONDAY_MORNING)
    for draft in written_drafts:
        outbox.enqueue(session, draft, rendered(draft), MONDAY_MORNING)
    session.commit()

    (email,) = map(rendered, written_drafts)
    assert email.subject == (
        "This week: 1 unhealthy server, 1 customer not reporting, 1 meter reading to review"
    )
    assert section_titles(email) == [
        "Main login is unhealthy",
        "Clinic is not reporting",
        "1 meter reading needs review",
    ]
    assert digests.weekly(session, server.account, MONDAY_MORNING + timedelta(minutes=1)) == []
    assert len(digests.weekly(session, server.account, MONDAY_MORNING + timedelta(days=7))) == 1


def test_the_digest_names_the_contact_of_a_feed_read_by_hand(
    session: Session, server: Server
) -> None:
    factories.feed(session, server, health="unhealthy").read_interval_days = 30
    session.commit()

    (draft,) = digests.weekly(session, server.account, MONDAY_MORNING)

    assert "What to do: Request a meter reading" in rendered(draft).plain


def test_there_is_no_digest_when_all_is_healthy_or_no_user_subscribes(
    session: Session, server: Server
) -> None:
    assert digests.weekly(session, server.account, MONDAY_MORNING) == []
    server.health = "unhealthy"
    ada = session.scalars(select(User).where(User.email == "ada@example.com")).one()
    ada.wants_digest = False
    session.commit()
    assert digests.weekly(session, server.account, MONDAY_MORNING) == []


def test_a_long_digest_counts_what_it_omits(session: Session, server: Server) -> None:
    for _ in range(25):
        factories.feed(session, server, health="unhealthy")
    session.commit()

    (draft,) = digests.weekly(session, server.account, MONDAY_MORNING)

    titles = section_titles(rendered(draft))
    assert len(titles) == 21
    assert titles[-1] == "And 5 more"


def section_titles(email: EmailContent) -> list[str]:
    """The titles of the sections of an email."""
    return re.findall("<h2.*?>(.*?)</h2>", email.html)


def outbox_emails(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Recipients and titles of the emails about missing nights, in the outbox."""
    made = []
    for draft in digests.nights(session, now):
        outbox.enqueue(session, draft, rendered(draft), now)
        made.append((draft.user.email, rendered(draft).subject))
    session.commit()
    return made


def test_operations_are_notified_when_no_collection_finishes_and_when_they_do_again(
    session: Session, server: Server
) -> None:
    factories.user(session, factories.operations(session), email="ops@example.com")
    feed = factories.feed(session, server)
    feed.created_at = NOW - timedelta(days=9)
    night = factories.collection(session, server, day=date(2026, 11, 15))
    night.finished_at = NOW
    session.commit()

    quiet = outbox_emails(session, NOW + timedelta(hours=25, minutes=59))
    stopped = outbox_emails(session, NOW + timedelta(hours=26))
    still = outbox_emails(session, NOW + timedelta(hours=30))
    later = factories.collection(session, server, day=date(2026, 11, 18))
    later.finished_at = NOW + timedelta(hours=31)
    session.commit()
    again = outbox_emails(session, NOW + timedelta(hours=32))
    calm = outbox_emails(session, NOW + timedelta(hours=33))
    stopped_again = outbox_emails(session, NOW + timedelta(hours=58))

    assert (quiet, still, calm) == ([], [], [])
    assert stopped == [("ops@example.com", "No nightly run has finished for 26 hours")]
    assert again == [("ops@example.com", "Nightly runs finish again")]
    assert stopped_again == stopped


def test_without_feeds_no_night_is_missed(session: Session, server: Server) -> None:
    factories.user(session, factories.operations(session))
    factories.feed(session, server, status="removed")
    session.commit()

    assert digests.nights(session, NOW + timedelta(days=9)) == []


def test_the_first_night_may_take_26_hours(session: Session, server: Server) -> None:
    factories.user(session, factories.operations(session), email="ops@example.com")
    factories.feed(session, server).created_at = NOW
    session.commit()

    assert digests.nights(session, NOW + timedelta(hours=25)) == []
    assert len(digests.nights(session, NOW + timedelta(hours=26))) == 1
