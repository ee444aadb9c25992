"""An email with damaged data fails alone: the others are written and sent."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from jobs import notifications as job
from tests import factories
from tests.database import open_session
from webapp.domain.reasons import reason
from webapp.models import Mail
from webapp.printerpoint.errors import Refused
from webapp.services.notifications import outbox
from webapp.services.servers import health
from webapp.settings import Settings

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)


def test_an_email_that_cannot_be_written_does_not_keep_the_others(
    app: Flask, settings: Settings
) -> None:
    with open_session(settings.database_url) as session:
        for zone in ("Nowhere/Atlantis", "America/Chicago"):
            server = factories.server(session, factories.partner(session, time_zone=zone))
            factories.user(session, server.account)
            health.server_failed(session, server, Refused(reason("token_refused", status=403)), NOW)
        session.commit()

    with app.app_context():
        with pytest.raises(job.NotWritten, match=r"notices of user 1: .*Atlantis"):
            job.write(lambda: NOW)
        sent = job.send(lambda: NOW)

    assert sent == (1, 0)


def test_a_digest_that_cannot_be_written_does_not_keep_the_others(
    app: Flask, settings: Settings
) -> None:
    monday = NOW.replace(day=16, hour=15)
    with open_session(settings.database_url) as session:
        for zone in ("Nowhere/Atlantis", "America/Chicago"):
            partner = factories.partner(session, time_zone=zone)
            factories.server(session, partner, health="unhealthy")
            factories.user(session, partner)
        session.commit()

    with app.app_context():
        with pytest.raises(job.NotWritten, match=r"written: 1\. digest of account 1: .*Atlantis"):
            job.write(lambda: monday)
        sent = job.send(lambda: monday)

    assert sent == (1, 0)


def test_an_email_that_cannot_be_sent_is_tried_again_after_the_others(
    app: Flask, settings: Settings
) -> None:
    with open_session(settings.database_url) as session:
        bad, _ = (factories.mail(session, state="queued", created_at=NOW) for _ in range(2))
        bad.subject, bad.purpose = "access", "reset"
        factories.brand(session, bad.user.account).colour = "grass"
        session.commit()
        bad_id = bad.id

    with app.app_context():
        sent = job.send(lambda: NOW)
    with open_session(settings.database_url) as session:
        bad = session.get_one(Mail, bad_id)

    assert sent == (1, 1)
    assert (bad.state, bad.attempts, bad.due_at) == ("queued", 1, NOW + outbox.PAUSES[0])
