"""Notices are sent exactly once, with several senders and kills."""

import os
import random
import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from jobs import notifications as job
from tests import factories
from tests.database import engine, open_session
from tests.images import pictures
from tests.jobs.processes import kill_group, running
from tests.world import running_app
from webapp.domain.reasons import reason
from webapp.images import sanitize_logo
from webapp.models import HealthChange, Mail, Notice, Server, User
from webapp.printerpoint.errors import Refused
from webapp.services.accounts import branding
from webapp.services.notifications import notices
from webapp.services.servers import health
from webapp.settings import Settings

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
#: Servers whose health changes. More than the default takes minutes: HISTORIES=10000.
HISTORIES = int(os.environ.get("HISTORIES", "30"))
SENDERS = 3
#: Each costs the start of a process.
KILLS = 3 + HISTORIES // 200


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, config: Settings) -> Iterator[Settings]:
    """An instance of the test's own, with a database that is ready."""
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgresql_database"))
        config = replace(config, database_url=url)
    yield config
    engine(config.database_url).dispose()


def mailbox(config: Settings) -> list[Path]:
    """The mails that were taken."""
    folder = config.instance / "mailbox"
    return sorted(folder.glob("*.eml")) if folder.exists() else []


def test_a_failure_causes_an_email_with_cause_remedy_and_links(config: Settings) -> None:
    with open_session(config.database_url) as session:
        server = factories.server(session, name="Main <login>")
        factories.user(session, server.account, email="ada@example.com")
        health.server_failed(session, server, Refused(reason("token_refused", status=403)), NOW)
        session.commit()

    with running_app(config):
        written = job.write(lambda: NOW)
        sent = job.send(lambda: NOW)
        again = (job.write(lambda: NOW), job.send(lambda: NOW))

    assert (written, sent, again) == (1, (1, 0), (0, (0, 0)))
    (path,) = mailbox(config)
    message = message_from_bytes(path.read_bytes(), policy=default)
    plain, html = (
        part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
    )
    assert message["Subject"] == "Main <login> is unhealthy"
    assert "Cause: Printerpoint rejected the API token (status 403)." in plain
    assert f"{config.public_url}/servers/1" in plain
    assert f"{config.public_url}/unsubscribe/" in plain
    # The link of the header is signed when the email is sent, that of the text when it is written.
    assert message["List-Unsubscribe"].startswith(f"<{config.public_url}/unsubscribe/")
    assert "Main &lt;login&gt;" in html
    assert "<login>" not in html


def test_an_email_has_the_brand_and_the_logo_attached(config: Settings) -> None:
    logo = sanitize_logo(pictures.png((440, 112), (10, 80, 160, 255))).content
    with open_session(config.database_url) as session:
        server = factories.server(session, name="Main login")
        factories.user(session, server.account, email="ada@example.com")
        factories.brand(session, server.account, name="North & Green", picture=logo)
        other = factories.server(session, name="Other login")
        factories.user(session, other.account, email="wes@example.com")
        for one in (server, other):
            health.server_failed(session, one, Refused(reason("token_refused", status=403)), NOW)
        session.commit()

    with running_app(config):
        job.write(lambda: NOW)
    with open_session(config.database_url) as session:
        branding.reset(session, session.get_one(Server, 1).account)  # written emails do not change
        session.commit()
    with running_app(config):
        assert job.send(lambda: NOW) == (2, 0)

    messages = [message_from_bytes(path.read_bytes(), policy=default) for path in mailbox(config)]
    ours, theirs = sorted(messages, key=lambda message: "ada@" in message["To"])
    (picture,) = (part for part in theirs.walk() if part.get_content_maintype() == "image")
    html = next(part for part in theirs.walk() if part.get_content_type() == "text/html")
    assert picture.get_content() == logo
    assert picture.get_content_type() == "image/png"
    assert picture.get_content_disposition() == "inline"
    content_id = picture["Content-ID"].strip("<>")
    assert f'<img src="cid:{content_id}" alt="North &amp; Green" width="220"' in html.get_content()
    assert "Open it in North &amp; Green" in html.get_content()
    assert "background:#1d4ed8;color:#ffffff" in html.get_content()
    assert re.findall(r'src="(?!cid:)', html.get_content()) == []
    kinds = [part.get_content_type() for part in theirs.walk()]
    assert kinds == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert [part.get_content_type() for part in ours.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert "Open it in Releaf" in ours.as_string()


def test_emails_are_sent_when_the_mail_server_responds_again(
    config: Settings,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        down = replace(config, mail_url=f"smtp://127.0.0.1:{taken.getsockname()[1]}")
        with open_session(config.database_url) as session:
            user = factories.user(session)
            for _ in range(3):
                factories.mail(session, user, state="queued", created_at=NOW)
            session.commit()

        with running_app(down):
            first = job.send(lambda: NOW)
    with running_app(config):
        later = job.send(lambda: NOW + timedelta(minutes=1))

    assert first == (0, 1)
    assert later == (3, 0)
    assert len(mailbox(config)) == 3


def test_an_invalid_address_does_not_delay_other_emails(config: Settings) -> None:
    with open_session(config.database_url) as session:
        for address in ("ada..byron@example.com", "bob@example.com"):
            user = factories.user(session, email=address)
            factories.mail(session, user, state="queued", created_at=NOW)
        session.commit()

    with running_app(config):
        assert job.send(lambda: NOW) == (1, 1)
    assert len(mailbox(config)) == 1


def test_each_change_is_sent_once_by_many_senders_that_are_killed(
    config: Settings, tmp_path: Path
) -> None:
    """Random histories of health; one of the senders is killed again and again."""
    chance = random.Random(20_261_117)
    with open_session(config.database_url) as session:
        servers = _partners(session, HISTORIES)
        session.commit()
    moments = _histories(chance, servers)
    kills = set(chance.sample(sorted(moments), KILLS))
    clock = tmp_path / "clock"
    _set(clock, NOW)
    with ExitStack() as stack:

        def start() -> subprocess.Popen[bytes]:
            return stack.enter_context(running(config, "tests.jobs.senders", str(clock)))

        senders = [start() for _ in range(SENDERS)]
        for moment in sorted(moments):
            with open_session(config.database_url) as session:
                for server_id in moments[moment]:
                    _turn(session, server_id, moment)
                session.commit()
            _set(clock, moment)
            if moment in kills:
                time.sleep(chance.random() * 0.05)
                senders.pop(chance.randrange(SENDERS)).kill()
                senders.append(start())
        for hours in range(72, 152, 8):
            moment = max(moments) + timedelta(hours=hours)
            _set(clock, moment)
            _wait_until_sent(config, moment)
        for sender in senders:
            kill_group(sender)
    with open_session(config.database_url) as session:
        changes = session.scalar(select(func.count()).select_from(HealthChange)) or 0
        sent_rows = session.execute(
            select(Notice.user_id, Notice.health_change_id, Mail.state, Mail.id).outerjoin(
                Mail, Mail.id == Notice.mail_id
            )
        ).all()
        mails = session.scalars(select(Mail)).all()
    names = {f"releaf-{mail.id}-{mail.created_at:%Y%m%d%H%M%S}" for mail in mails}

    assert changes > HISTORIES
    assert len(sent_rows) == 2 * changes
    assert Counter(row.state for row in sent_rows) == {"sent": 2 * changes}
    assert {path.name.split("@")[0] for path in mailbox(config)} == names
    assert len(mailbox(config)) == len(mails)


def _partners(session: Session, servers: int) -> list[int]:
    """Servers of partners with two administrators who receive notices, and one who does not."""
    ids: list[int] = []
    while len(ids) < servers:
        partner = factories.partner(session)
        for _ in range(2):
            factories.user(session, partner)
        factories.user(session, partner).wants_server = False
        ids += [factories.server(session, partner).id for _ in range(50)]
    return ids[:servers]


def _set(clock: Path, moment: datetime) -> None:
    """Set the time of the senders, atomically."""
    part = clock.with_suffix(".part")
    part.write_text(moment.isoformat(), encoding="ascii")
    part.replace(clock)


def _histories(chance: random.Random, servers: list[int]) -> dict[datetime, list[int]]:
    """Which servers change when: by a few changes each, some of them in quick succession."""
    moments: dict[datetime, list[int]] = {}
    for server_id in servers:
        moment = NOW
        for _ in range(chance.randint(1, 9)):
            step = chance.choice([10, 30, 60, 240, 1_440])
            moment += timedelta(minutes=step * chance.randint(1, 3))
            moments.setdefault(moment, []).append(server_id)
    return moments


def _turn(session: Session, server_id: int, now: datetime) -> None:
    server = session.get_one(Server, server_id)
    if server.health == "healthy":
        health.server_failed(session, server, Refused(reason("token_refused", status=403)), now)
    else:
        health.server_answered(session, server, now)


def _wait_until_sent(config: Settings, now: datetime) -> None:
    """Until nothing is due any more at a time, except what a killed sender has claimed."""
    deadline = time.monotonic() + 120 + HISTORIES / 5
    while time.monotonic() < deadline:
        with open_session(config.database_url) as session:
            due = session.scalar(
                select(func.count())
                .select_from(Notice)
                .where(Notice.mail_id.is_(None), Notice.due_at <= now)
            )
            unsent = session.scalar(
                select(func.count())
                .select_from(Mail)
                .where(or_(Mail.state == "queued", Mail.claimed_at < now - timedelta(minutes=11)))
                .where(Mail.state != "sent")
            )
        if not due and not unsent:
            return
        time.sleep(0.05)
    raise AssertionError("not everything was sent in time")


def test_users_who_may_not_log_in_get_no_email(config: Settings) -> None:
    with open_session(config.database_url) as session:
        server = factories.server(session)
        factories.user(session, server.account, disabled_at=NOW)
        health.server_failed(session, server, Refused(reason("token_refused", status=403)), NOW)
        session.commit()
        due = notices.recipients_due(session, NOW)
        users = session.scalars(select(User)).all()

    assert len(users) == 1
    assert list(due) == []
