"""Each customer's user who wants it receives a certificate once, with its PDF."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Barrier

import pytest
from sqlalchemy import select

from jobs import notifications as job
from tests import factories
from tests.database import engine, open_session
from tests.world import running_app
from webapp.models import Certificate, Document, Mail
from webapp.services.certificates import certificates
from webapp.services.notifications import certificate_emails, outbox
from webapp.settings import Settings

NOW = datetime(2026, 11, 2, 11, 30, tzinfo=UTC)
PDF = b"%PDF-1.7 a certificate"
LARGEST = certificate_emails.LARGEST_ATTACHMENT


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, config: Settings) -> Iterator[Settings]:
    """An instance of the test's own, with a database that is ready."""
    if request.param == "postgresql":
        config = replace(config, database_url=str(request.getfixturevalue("postgresql_database")))
    yield config
    engine(config.database_url).dispose()


def issue(config: Settings, pdf: bytes = PDF) -> int:
    """A certificate with its document, of a customer with one user."""
    with open_session(config.database_url) as session:
        partner = factories.partner(session)
        factories.user(session, partner, email="ada@example.com")
        customer = factories.customer(session, partner, name="Harbour <Architects>")
        factories.user(session, customer, email="zaha@example.com")
        issued = factories.certificate(session, customer, pages=8_333)
        certificates.store_document(session, issued.id, pdf, NOW)
        session.commit()
        return issued.id


def messages(config: Settings) -> list[EmailMessage]:
    """The emails that were sent."""
    return [
        message_from_bytes(path.read_bytes(), policy=default)
        for path in sorted((config.instance / "mailbox").glob("*.eml"))
    ]


def files(message: EmailMessage) -> list[tuple[str | None, str, bytes]]:
    """Name, type and content of what is attached."""
    return [
        (part.get_filename(), part.get_content_type(), part.get_content())
        for part in message.iter_attachments()
    ]


def text(message: EmailMessage) -> str:
    """The plain text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_certificate_is_sent_once_to_the_customers_users_with_its_pdf(config: Settings) -> None:
    issue(config)

    with running_app(config):
        runs = [(job.write(lambda: NOW), job.send(lambda: NOW)) for _ in range(2)]

    assert runs == [(1, (1, 0)), (0, (0, 0))]
    (message,) = messages(config)
    assert "zaha@example.com" in message["To"]
    assert message["Subject"] == "Your certificate for October 2026"
    assert message["List-Unsubscribe"].startswith(f"<{config.public_url}/unsubscribe/")
    [(name, kind, content)] = files(message)
    assert (str(name)[:22], kind, content) == ("certificate-R-2026-10-", "application/pdf", PDF)
    assert "8,333 pages counted in October 2026 equal 1.00 trees." in text(message)
    assert "The certificate is attached as a PDF." in text(message)
    assert f"{config.public_url}/certificates/R-2026-10-" in text(message)


def test_a_large_pdf_is_not_attached(config: Settings) -> None:
    issue(config, b"%" * (LARGEST + 1))

    with running_app(config):
        job.write(lambda: NOW)
        job.send(lambda: NOW)

    (message,) = messages(config)
    assert files(message) == []
    assert "attached" not in text(message)
    assert f"{config.public_url}/certificates/R-2026-10-" in text(message)


def test_a_run_that_ends_before_its_commit_has_written_nothing(config: Settings) -> None:
    certificate_id = issue(config)
    with open_session(config.database_url) as session:
        assert len(certificate_emails.drafts(session, certificate_id)) == 1
        session.rollback()

    with running_app(config):
        assert job.write(lambda: NOW) == 1


def test_two_runs_at_once_write_one_email(config: Settings) -> None:
    issue(config)
    start = Barrier(2)

    with running_app(config) as app:

        def write() -> int:
            start.wait()
            with app.app_context():
                return job.write(lambda: NOW)

        with ThreadPoolExecutor(2) as pool:
            written = [run.result() for run in [pool.submit(write), pool.submit(write)]]

    assert sum(written) == 1
    with open_session(config.database_url) as session:
        assert len(session.scalars(select(Mail.id)).all()) == 1


def test_an_email_that_was_sent_but_not_recorded_is_sent_with_the_same_id(
    config: Settings,
) -> None:
    issue(config)
    with running_app(config):
        job.write(lambda: NOW)
        job.send(lambda: NOW)
        with open_session(config.database_url) as session:
            mail = session.scalars(select(Mail)).one()
            mail.state, mail.claimed_at = "sending", NOW - outbox.CLAIM_EXPIRES_AFTER * 2
            session.commit()

        assert job.send(lambda: NOW) == (1, 0)

    assert len(messages(config)) == 1  # the mailbox stores one file for each Message-ID


def test_only_users_of_the_customer_who_want_it_receive_it(config: Settings) -> None:
    certificate_id = issue(config)
    with open_session(config.database_url) as session:
        of = session.get_one(Certificate, certificate_id).account
        factories.user(session, of, email="no@example.com").wants_certificate = False
        factories.user(session, of, email="gone@example.com").disabled_at = NOW
        factories.user(session, of, email="invited@example.com").password_hash = None
        spanish = factories.user(session, of, email="es@example.com")
        spanish.language = "es"
        other = factories.customer(session, of.partner)
        factories.user(session, other, email="other@example.com")
        session.commit()

    with running_app(config):
        assert job.write(lambda: NOW) == 2
        job.send(lambda: NOW)

    assert {one["To"].addresses[0].addr_spec: one["Subject"] for one in messages(config)} == {
        "zaha@example.com": "Your certificate for October 2026",
        "es@example.com": "Su certificado de octubre de 2026",
    }


def test_a_user_who_is_invited_later_receives_no_former_certificate(config: Settings) -> None:
    certificate_id = issue(config)
    with running_app(config):
        job.write(lambda: NOW)
        with open_session(config.database_url) as session:
            document = session.get_one(Document, certificate_id)
            assert not document.emails_due
            of = session.get_one(Certificate, certificate_id).account
            factories.user(session, of, email="later@example.com")
            session.commit()

        assert job.write(lambda: NOW) == 0
