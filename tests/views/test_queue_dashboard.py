"""rq-dashboard behind our door, on a real Redis-compatible server."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from rq import Queue
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry
from sqlalchemy import select

from tests import factories
from tests.environment.redis_server import RedisServer
from tests.views.conftest import Transaction, Visitor
from webapp import queue
from webapp.app import create_app
from webapp.db import db
from webapp.models import AuditEntry
from webapp.settings import Settings

OURS = {"Origin": "http://localhost"}
QUEUES = "/operations/queues"


@dataclass
class Office:
    """A user of operations, and a queue with a job that failed."""

    visitor: Visitor
    redis: RedisServer
    job_id: str
    settings: Settings

    def state(self) -> JobStatus | None:
        """How the job stands."""
        with queue.connect(self.redis.url) as connection:
            return Job.fetch(self.job_id, connection=connection).get_status()


@pytest.fixture
def office(
    settings: Settings, transaction: Transaction, redis_server: RedisServer
) -> Iterator[Office]:
    """An application with a Redis."""
    settings = replace(settings, redis_url=redis_server.url)
    with transaction() as session:
        factories.user(session, factories.operations(session), email="grace@example.com")
        factories.user(session, email="ada@example.com")
    app = create_app(settings)
    visitor = Visitor(app.test_client())
    visitor.log_in("grace@example.com")
    yield Office(visitor, redis_server, _failed_job(settings), settings)
    with app.app_context():
        db.engine.dispose()


def _failed_job(settings: Settings) -> str:
    job_id = queue.run_feed(settings, 1, 7)
    with queue.connect(settings.redis_url) as connection:
        job = Job.fetch(job_id, connection=connection)
        Queue("collection", connection=connection).remove(job_id)
        FailedJobRegistry("collection", connection=connection).add(job, ttl=1000, exc_string="no")
        job.set_status(JobStatus.FAILED)
    return job_id


def test_operations_see_the_queues_and_their_failed_jobs(office: Office) -> None:
    page = office.visitor.get(f"{QUEUES}/")
    queues = office.visitor.get(f"{QUEUES}/0/data/queues.json").get_json()["queues"]
    jobs = office.visitor.get(f"{QUEUES}/0/data/jobs/collection/failed/8/asc/1.json").get_json()

    assert page.status_code == 200
    assert "Back to Releaf" in page.text
    assert {each["name"]: each["failed_job_registry_count"] for each in queues}["collection"] == 1
    assert [job["description"] for job in jobs["jobs"]] == ["jobs.collection.run_feed 1 7"]


def test_its_content_security_policy_applies_to_its_prefix_only(office: Office) -> None:
    inside = office.visitor.get(f"{QUEUES}/").headers["Content-Security-Policy"]
    missing = office.visitor.get(f"{QUEUES}/7/view").headers["Content-Security-Policy"]
    outside = office.visitor.get("/").headers["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval' 'sha256-" in inside
    assert "default-src 'none'" in inside
    assert "unsafe" not in missing
    assert "unsafe" not in outside


def test_a_failed_job_is_requeued_from_its_own_page(office: Office) -> None:
    response = office.visitor.client.post(f"{QUEUES}/job/{office.job_id}/requeue", headers=OURS)

    assert response.get_json() == {"status": "OK"}
    assert office.state() is JobStatus.QUEUED


def changes_of_queues(transaction: Transaction) -> list[str]:
    """What the audit trail has of the queues."""
    with transaction() as session:
        query = select(AuditEntry.subject).where(AuditEntry.action == "queue changed")
        return list(session.scalars(query.order_by(AuditEntry.id)))


def test_a_change_is_audited_after_it_was_made(office: Office, transaction: Transaction) -> None:
    client = office.visitor.client
    client.post(f"{QUEUES}/job/{office.job_id}/requeue", headers=OURS)
    refused = [
        client.post(f"{QUEUES}/job/{office.job_id}/requeue"),
        client.get(f"{QUEUES}/requeue/collection"),
        client.post(f"{QUEUES}/job/no-such-job/requeue", headers=OURS),
        client.post(f"{QUEUES}/job/no-such-job/delete", headers=OURS),
        client.post(f"{QUEUES}/requeue/collection", headers=OURS),
    ]

    assert [response.status_code for response in refused] == [403, 405, 404, 200, 200]
    assert changes_of_queues(transaction) == [f"requeue job {office.job_id}"]


@pytest.mark.parametrize("name", ["documents", "collection", "no-such-queue"])
@pytest.mark.parametrize("action", ["compact", "queued/empty", "failed/empty"])
def test_an_empty_or_unknown_queue_is_compacted_and_emptied_without_an_error(
    office: Office, transaction: Transaction, name: str, action: str
) -> None:
    response = office.visitor.client.post(f"{QUEUES}/queue/{name}/{action}", headers=OURS)

    assert response.status_code == (409 if action == "compact" else 200)
    assert len(changes_of_queues(transaction)) == (action != "compact")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/localhost"},
        {"Referer": "http://["},
        {"Referer": "http://localhost.evil.example/"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_a_request_of_another_site_is_refused(office: Office, headers: dict[str, str]) -> None:
    address = f"{QUEUES}/job/{office.job_id}/requeue"
    response = office.visitor.client.post(address, headers=headers)

    assert response.status_code == 403
    assert office.state() is JobStatus.FAILED


def test_a_referrer_of_this_service_is_accepted(office: Office) -> None:
    address = f"{QUEUES}/requeue/collection"
    response = office.visitor.client.post(address, headers={"Referer": "http://localhost/x"})

    assert response.get_json() == {"status": "OK", "count": 1}


def test_a_get_request_never_requeues(office: Office) -> None:
    responses = [
        office.visitor.client.open(f"{QUEUES}/requeue/collection", method=method, headers=OURS)
        for method in ("GET", "HEAD")
    ]

    assert [response.status_code for response in responses] == [405, 405]
    assert office.state() is JobStatus.FAILED


@pytest.mark.parametrize(
    "path",
    [
        "0/view/job/no-such-job",
        "0/data/job/no-such-job.json",
        "7/view/queues",
        "7/data/queues.json",
        "0/view/jobs/collection/failed/8/sideways/1",
        "0/view/jobs/collection/nonsense/8/asc/1",
        "0/data/jobs/collection/failed/x/asc/1.json",
        "0/data/jobs/collection/failed/8/asc/x.json",
        "0/data/jobs/collection/failed/0/asc/1.json",
        "0/data/jobs/collection/nonsense/8/asc/1.json",
        "0/view/jobs/x');alert(1);('/failed/8/asc/1",
        "0/data/jobs/x');alert(1);('/failed/8/asc/1.json",
    ],
)
def test_an_unknown_address_is_not_found(office: Office, path: str) -> None:
    assert office.visitor.get(f"{QUEUES}/{path}").status_code == 404


def test_a_job_that_cannot_be_requeued_is_reported(office: Office) -> None:
    requeue = f"{QUEUES}/job/{office.job_id}/requeue"
    office.visitor.client.post(requeue, headers=OURS)

    again = office.visitor.client.post(requeue, headers=OURS)
    missing = office.visitor.client.post(f"{QUEUES}/job/none/requeue", headers=OURS)

    assert again.status_code == 409
    assert missing.status_code == 404


def test_without_redis_the_page_shows_the_remedy(office: Office) -> None:
    office.redis.kill()

    queues = office.visitor.get(f"{QUEUES}/")
    home = office.visitor.get("/")

    assert queues.status_code == 503
    assert "Redis cannot be reached. Check REDIS_URL" in queues.text
    assert home.status_code == 200
    assert "Redis cannot be reached" in home.text


def test_home_shows_that_no_worker_is_running(office: Office) -> None:
    assert "No worker is running" in office.visitor.get("/").text


def test_attempts_are_counted_in_redis_for_all_web_processes(office: Office) -> None:
    guesser = Visitor(create_app(office.settings).test_client())
    for n in range(20):
        guesser.log_in("ada@example.com", f"guess number {n:03}")

    other_process = Visitor(create_app(office.settings).test_client())

    assert other_process.log_in("ada@example.com").status_code == 429


def test_the_password_of_redis_is_on_no_page(office: Office) -> None:
    pages = [
        office.visitor.get(f"{QUEUES}/{path}").text
        for path in ("", "0/view/workers", "0/view/jobs", f"0/view/job/{office.job_id}")
    ]

    assert all(office.redis.password not in page for page in pages)


def test_an_invalid_job_id_is_not_found(office: Office) -> None:
    response = office.visitor.get(f"{QUEUES}/0/view/job/no%20such:job")

    assert response.status_code == 404
