"""The token of a server: real processes, every kind of failure, and it is found nowhere."""

import base64
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from sqlalchemy import Executable, select, update

from tests import factories
from tests.database import engine, open_session
from tests.environment.redis_server import RedisServer
from tests.jobs.browser import Browser, web
from tests.jobs.processes import eventually, worker, zone_at_noon
from tests.jobs.traces import files_below, redis_content, shows
from tests.printerpoint.hostile_answers import answer
from webapp import queue
from webapp.crypto import Keyring
from webapp.models import Account, Collection, Feed, Server
from webapp.printerpoint.sandbox import Sandbox
from webapp.services import database
from webapp.settings import Settings

CANARY = "Canary7fQzX3a9cWvB5kTtokenOfTheDealer"
MISTYPED = "Mistyped8gRyW4b0dUcN6mStokenOfNobody"
SECRETS = (CANARY, MISTYPED)

TROUBLES: dict[str, Callable[[Sandbox], None]] = {
    "refused": lambda it: it.refuse(),
    "down": lambda it: it.go_offline(),
    "html": lambda it: it.return_html(),
    "echo": lambda it: answer(it, "wrong_next", next_url=f"{it.url}/{CANARY}?t={CANARY}"),
    "redirect": lambda it: answer(it, "redirect", location=f"/{CANARY}"),
}
#: A call that tries a token reads one page, and does not care where the next one is.
NOT_NOTICED_BY_A_TRY = ("echo",)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Printerpoint with the canary token."""
    with Sandbox(tokens=(CANARY,)) as printerpoint:
        yield printerpoint


@dataclass
class Scene:
    """A user of the partner at the web process, a worker, and the output of both."""

    settings: Settings
    printerpoint: Sandbox
    redis: Redis
    dealer: Browser
    operator: Browser
    output: Path

    @property
    def server_id(self) -> int:
        """The one server there is."""
        with open_session(self.settings.database_url) as session:
            return session.scalars(select(Server.id)).one()

    def collect(self) -> str:
        """Request a collection; return its final state."""
        response = self.dealer.sends(
            f"/servers/{self.server_id}/collect", form=f"/servers/{self.server_id}"
        )
        number = int(response.url.rstrip("/").rpartition("/")[2])
        self.settles()
        with open_session(self.settings.database_url) as session:
            return session.get_one(Collection, number).state

    def checks(self) -> None:
        """The dealer tries the login, and so does the worker."""
        self.dealer.sends(f"/servers/{self.server_id}/check", form=f"/servers/{self.server_id}")
        queue.check_server(self.settings, self.server_id)
        self.settles()

    def settles(self) -> None:
        """Wait until no job is queued or running."""
        eventually(self._is_settled)

    def _is_settled(self) -> bool:
        known = set(self.redis.keys("rq:job:*"))
        if {self.redis.hget(key, "status") for key in known} & {b"queued", b"started"}:
            return False
        # A job enqueues another before it ends, so a new one may have been missed.
        return set(self.redis.keys("rq:job:*")) == known

    def failed_jobs(self) -> list[Job]:
        """The failed jobs of collections."""
        line = Queue("collection", connection=self.redis)
        return [
            Job.fetch(job_id, connection=self.redis)
            for job_id in line.failed_job_registry.get_job_ids()
        ]

    def writes(self, statement: Executable) -> None:
        """Change a row behind everybody's back."""
        with open_session(self.settings.database_url) as session:
            session.execute(statement)
            session.commit()


@pytest.fixture
def scene(
    config: Settings,
    sandbox: Sandbox,
    redis_server: RedisServer,
    redis_connection: Redis,
    tmp_path: Path,
) -> Iterator[Scene]:
    """Everything runs with detailed logs; users of the partner and of operations have logged in."""
    config = replace(config, redis_url=redis_server.url, log_level="DEBUG")
    database.make_ready(config.database_url)
    with open_session(config.database_url) as session:
        dealer = factories.user(session, factories.partner(session, time_zone=zone_at_noon()))
        operator = factories.user(session, factories.operations(session))
        session.commit()
        emails = (dealer.email, operator.email)
    output = tmp_path / "output"
    output.mkdir()
    with ExitStack() as stack:
        stack.enter_context(worker(config, output=output / "worker"))
        url = stack.enter_context(web(config, output / "web"))
        people = [stack.enter_context(closing(Browser(url))) for _ in emails]
        for person, email in zip(people, emails, strict=True):
            person.sends("/login", email=email, password=factories.PASSWORD)
        yield Scene(config, sandbox, redis_connection, people[0], people[1], output)
    engine(config.database_url).dispose()


def test_no_failure_stores_or_logs_the_token(scene: Scene, redis_server: RedisServer) -> None:
    registers_with_mistakes(scene)
    feed_id = collects_customers(scene)
    meets_every_trouble(scene)
    breaks_in_the_middle_of_a_customer(scene, feed_id)
    cannot_open_the_token(scene)
    pages = looks_at_everything(scene)

    stored = {
        **files_below(scene.settings.instance, scene.output, redis_server.folder),
        **redis_content(scene.redis),
        **scene.dealer.seen,
        **scene.operator.seen,
        **{f"job {job.id}": words_of(job) for job in scene.failed_jobs()},
    }

    assert [name for name, content in stored.items() if shows(content, SECRETS)] == []
    assert {"releaf.db", "releaf.db-wal", "web", "worker"} <= {Path(name).name for name in stored}
    assert all(
        b"/apis/v1/dealer/printers" in output for output in files_below(scene.output).values()
    )
    assert len(pages) > 20
    with open_session(scene.settings.database_url) as session:
        server = session.get_one(Server, scene.server_id)
        assert server.decrypt_token(Keyring(scene.settings.encryption_keys)) == CANARY


def registers_with_mistakes(scene: Scene) -> None:
    """The form is sent with a wrong token, then with every fault, then successfully."""
    responses = [scene.dealer.sends("/servers/new", token=MISTYPED)]
    responses.append(scene.dealer.sends("/servers/new", token=f"{CANARY} and more"))
    for trouble in TROUBLES.keys() - NOT_NOTICED_BY_A_TRY:
        TROUBLES[trouble](scene.printerpoint)
        responses.append(scene.dealer.sends("/servers/new", token=CANARY))
    assert {response.status_code for response in responses} == {422}

    scene.printerpoint.recover()
    assert scene.dealer.sends("/servers/new", token=CANARY).ok
    assert scene.dealer.sends("/servers/new", token=CANARY, name="Twice").ok
    assert (
        scene.dealer.sends(f"/servers/{scene.server_id}/token", token=MISTYPED).status_code == 422
    )
    scene.dealer.opens(f"/servers/{scene.server_id}/feeds/new?read=1")


def collects_customers(scene: Scene) -> int:
    """Two customers are connected and collected; returns the feed of one."""
    with open_session(scene.settings.database_url) as session:
        server = session.get_one(Server, scene.server_id)
        for name, serial in (("Aardvark", "S1"), ("Zebra", "S2")):
            customer = scene.printerpoint.add_customer(name, customer_id=name[:3])
            scene.printerpoint.add_printer(customer, serial=serial, asset=f"A-{serial}", count=100)
            factories.feed(
                session, server, customer_id=name[:3], customer_name=name, status="pending"
            )
        session.commit()
        feed_id = session.scalars(select(Feed.id).where(Feed.customer_name == "Zebra")).one()
    assert scene.collect() == "finished"
    scene.printerpoint.print_pages("S1", 5)
    assert scene.collect() == "finished"
    return feed_id


def meets_every_trouble(scene: Scene) -> None:
    """Collections and checks by the worker and by the web, while Printerpoint goes wrong."""
    for goes_wrong in TROUBLES.values():
        goes_wrong(scene.printerpoint)
        assert scene.collect() == "failed"
        scene.checks()
        scene.dealer.opens(f"/servers/{scene.server_id}/feeds/new?read=1")
        scene.printerpoint.recover()
        scene.checks()


def breaks_in_the_middle_of_a_customer(scene: Scene, feed_id: int) -> None:
    """An exception in a customer; its job continues with the night's rows, without the server."""
    of_feed = select(Feed.account_id).where(Feed.id == feed_id).scalar_subquery()
    broken = update(Account).where(Account.id == of_feed)
    scene.writes(broken.values(time_zone="Nowhere/Atlantis"))
    assert scene.collect() == "finished"
    (failed,) = scene.failed_jobs()
    assert "Atlantis" in traceback_of(failed)
    scene.operator.crawl("/", f"/feeds/{feed_id}", pages=15)
    scene.writes(broken.values(time_zone=None))

    scene.printerpoint.refuse()
    failed.requeue()
    scene.settles()
    scene.printerpoint.recover()
    assert scene.failed_jobs() == []


def cannot_open_the_token(scene: Scene) -> None:
    """The encrypted token is damaged; then it is typed anew."""
    scene.writes(update(Server).values(encrypted_token=b"spoiled"))
    assert scene.collect() == "failed"
    scene.checks()
    assert any("DecryptionError" in traceback_of(job) for job in scene.failed_jobs())
    assert scene.dealer.sends(f"/servers/{scene.server_id}/token", token=CANARY).ok
    assert scene.collect() == "finished"


def looks_at_everything(scene: Scene) -> list[str]:
    """Every page that the two can reach, and rq-dashboard's pages of the failed jobs."""
    queues = "/operations/queues"
    about_jobs = [
        f"{queues}/0/{kind}"
        for job in scene.failed_jobs()
        for kind in (f"view/job/{job.id}", f"data/job/{job.id}.json")
    ]
    about_queues = [
        f"{queues}/0/data/{which}.json"
        for which in ("queues", "workers", "jobs/collection/failed/20/asc/1")
    ]
    pages = scene.dealer.crawl("/", pages=60)
    pages += scene.operator.crawl(*about_jobs, *about_queues, f"{queues}/", "/", pages=80)
    assert all(scene.operator.opens(path).ok for path in (*about_jobs, *about_queues))
    return pages


def words_of(job: Job) -> bytes:
    """All fields of a job."""
    parts = (job.description, job.get_call_string(), job.meta, job.args, traceback_of(job))
    return "\n".join(map(str, parts)).encode()


def traceback_of(job: Job) -> str:
    """What a failed job failed of."""
    result = job.latest_result()
    return str(result and result.exc_string)


@pytest.mark.parametrize(
    "content",
    [
        f"token={CANARY}&name=".encode(),
        b"Authorization: Basic " + base64.b64encode(f"{CANARY}:".encode()),
        b"Authorization: Basic " + base64.b64encode(f"dealer:{CANARY}".encode()),
        zlib.compress(f"jobs.collection.run({CANARY!r})".encode()),
        base64.b64encode(zlib.compress(f"Traceback {CANARY}".encode())),
    ],
    ids=["plain", "Basic", "as password", "packed", "packed in Base64"],
)
def test_the_search_for_the_token_finds_it(content: bytes, redis_connection: Redis) -> None:
    redis_connection.hset("rq:job:1", "data", content)
    redis_connection.xadd("rq:results:1", {"exc_string": content})

    stored = redis_content(redis_connection)

    assert sum(shows(value, SECRETS) for value in stored.values()) == 2
