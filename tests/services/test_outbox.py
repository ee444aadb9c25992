"""Sending of emails: claims, attempts, and those that fail for good."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain.reasons import reason
from webapp.errors import Conflict
from webapp.models import Mail
from webapp.queries import mails
from webapp.services.notifications import outbox

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)

REFUSED = reason("recipient_refused", response="550 no such user")


def test_an_email_is_claimed_by_one_sender_until_the_claim_is_stale(session: Session) -> None:
    made = factories.mail(session, state="queued")
    session.commit()

    first = outbox.claim(session, NOW)
    session.commit()
    second = outbox.claim(session, NOW + outbox.CLAIM_EXPIRES_AFTER)
    late = outbox.claim(session, NOW + outbox.CLAIM_EXPIRES_AFTER + timedelta(seconds=1))

    assert (first and first.id, second, late and late.id) == (made.id, None, made.id)


def test_a_refused_email_is_retried_with_growing_delays_and_then_fails(
    session: Session,
) -> None:
    made = factories.mail(session, state="queued")
    now, attempts = NOW, 0
    while (mail := outbox.claim(session, now)) is not None:
        attempts += 1
        outbox.mark_failed(session, mail, reason("mail_server_timeout"), now, permanent=False)
        session.commit()
        assert outbox.claim(session, mail.due_at - timedelta(seconds=1)) is None
        now = mail.due_at

    assert attempts == len(outbox.PAUSES) + 1
    assert (made.state, mails.undelivered(session)) == (
        "failed",
        (0, 1, reason("mail_server_timeout")),
    )
    outbox.retry(session, made, now)
    assert (made.state, made.attempts) == ("queued", 0)
    with pytest.raises(Conflict):
        outbox.retry(session, made, now)


def test_a_permanently_refused_email_is_not_retried(session: Session) -> None:
    factories.mail(session, state="queued")
    mail = outbox.claim(session, NOW)
    assert mail is not None
    outbox.mark_failed(session, mail, REFUSED, NOW, permanent=True)

    assert mail.state == "failed"
    assert session.scalars(select(Mail.error)).one() == REFUSED
