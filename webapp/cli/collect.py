"""``releaf collect``: run a collection synchronously."""

import time
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

import click
from flask.cli import with_appcontext

from webapp import clock
from webapp.cli import choose, context, output
from webapp.cli.command import WORK_FAILED, Command
from webapp.cli.output import ProgressCallback
from webapp.crypto import DecryptionError
from webapp.domain.reasons import reason
from webapp.errors import Invalid
from webapp.messages import sentence
from webapp.models import Collection, Feed, Outcome, Server
from webapp.queries import collection_progress, collections, servers
from webapp.services.collection import heartbeat, requests

_POLL_SECONDS = 0.5
_ENDED = ("finished", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A server to collect, or one feed of it."""

    server_id: int
    name: str
    feed_id: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a collection. ``error``: why the whole server failed."""

    wanted: Wanted
    day: date
    error: str | None
    feeds: list[dict[str, Any]]

    @property
    def failed(self) -> bool:
        """Whether the server or any customer of it failed."""
        return self.error is not None or any(row["outcome"] == "failed" for row in self.feeds)

    def as_row(self) -> dict[str, Any]:
        """Return its JSON row."""
        return {
            "id": self.wanted.server_id,
            "name": self.wanted.name,
            "day": self.day,
            "outcome": "collected" if self.error is None else "failed",
            "error": self.error,
            "feeds": self.feeds,
        }


@click.command("collect", cls=Command)
@click.option("--server", metavar="SERVER", help="Only this one (id, or a partner's name). [all]")
@click.option("--feed", metavar="FEED", help="Only this one (id, or a customer's name). [all]")
@with_appcontext
@click.pass_context
def collect(ctx: click.Context, server: str | None, feed: str | None) -> None:
    """Read meters and deposit the pages printed.

    It does the same as the nightly run, for the last day that has ended.

      releaf collect
      releaf collect --server 1
      releaf collect --feed "Harbour Architects, LLP" --json

    It can be run at any time: collecting twice deposits once, and while the nightly run is in
    progress, its progress is shown. Paused servers are collected as well. Exit code 1 if a server
    or a customer failed; the others are collected.
    """
    reports = [_collect(wanted) for wanted in _plan(server, feed)]
    # Days differ by partner; the latest is reported.
    yesterday = clock.now().astimezone(UTC).date() - timedelta(days=1)
    day = max((report.day for report in reports), default=yesterday)
    document = {"day": day, "servers": [report.as_row() for report in reports]}
    lines = [line for report in reports for line in _lines(report)]
    output.print_result(
        document, "\n".join(lines) or "There is no server yet; 'releaf server add'."
    )
    if any(report.failed for report in reports):
        ctx.exit(WORK_FAILED)


def _plan(server: str | None, feed: str | None) -> list[Wanted]:
    """Return the servers to collect, in order of id."""
    with context.session(reading=True) as session:
        if feed is not None:
            chosen = choose.feed(session, feed)
            if not chosen.is_collected:
                raise Invalid("feed", f"Feed {chosen.id} is {chosen.status} and is not collected.")
            if server is not None and choose.server(session, server).id != chosen.server_id:
                raise Invalid(
                    "feed",
                    f"Feed {chosen.id} is of server {chosen.server_id}.",
                )
            return [Wanted(chosen.server_id, chosen.server.name, chosen.id)]
        if server is not None:
            one = choose.server(session, server)
            return [Wanted(one.id, one.name)]
        return [Wanted(*row) for row in servers.names(session)]


def _collect(wanted: Wanted) -> Report:
    """Run the due collection, or show the progress of the process that runs it."""
    collection_id = _request(wanted)
    if isinstance(collection_id, Report):
        return collection_id
    error = None
    with output.progress(wanted.name) as show:
        try:
            _run(collection_id, show)
        except DecryptionError as unreadable:
            error = str(unreadable)
    return _report(wanted, collection_id, error)


def _request(wanted: Wanted) -> int | Report:
    """Return the scheduled collection that is due, or else a new manual one.

    A report if the server was removed while other servers were collected.
    """
    with context.session() as session:
        server = session.get_one(Server, wanted.server_id)
        now = clock.now()
        day = requests.due_day(server.account, now)
        if server.removed_at is not None:
            return Report(wanted, day, sentence(reason("server_removed")), [])
        if wanted.feed_id is None:
            found = requests.request(session, server, day=day, kind="scheduled", now=now)
            if found.state in ("finished", "cancelled"):
                found = requests.request(session, server, day=day, kind="manual", now=now)
        else:
            feed = session.get_one(Feed, wanted.feed_id)
            found = requests.request(session, server, day=day, kind="manual", feed=feed, now=now)
        context.record_action(session, "collection requested", wanted.name, server.account)
        session.commit()
        return found.id


def _run(collection_id: int, show: ProgressCallback) -> None:
    """Run a collection until it has ended in any way, or its server was removed.

    Raises DecryptionError.
    """
    from jobs import collection as job  # importing jobs imports RQ, which few commands need

    def watch(step: job.CollectionStep) -> None:
        show(step.done, step.total, step.customer)

    while True:
        job.collect(collection_id, watch)
        while _is_with_another(collection_id, show):
            time.sleep(_POLL_SECONDS)
        with context.session(reading=True) as session:
            found = session.get_one(Collection, collection_id)
            if found.state in _ENDED or found.server.removed_at is not None:
                return


def _is_with_another(collection_id: int, show: ProgressCallback) -> bool:
    """Whether another process runs the collection and has a recent heartbeat."""
    with context.session(reading=True) as session:
        running = session.get_one(Collection, collection_id)
        done = collection_progress.load(session, running)
        show(done.done, done.total or 0, done.current_name or "")
        return running.state == "running" and not heartbeat.is_stale(running, clock.now())


def _report(wanted: Wanted, collection_id: int, error: str | None) -> Report:
    with context.session(reading=True) as session:
        collection = session.get_one(Collection, collection_id)
        if error is None and collection.state == "cancelled":
            error = "The collection was canceled; pages read until then are counted."
        if error is None and collection.state == "failed":
            error = sentence(collection.reason) or "it was aborted"
        if error is None and collection.state not in _ENDED:
            error = sentence(reason("server_removed"))
        feeds = [
            _feed_row(outcome, name)
            for outcome, name in collections.outcomes_by_feed(session, collection_id)
        ]
        return Report(wanted, collection.day, error, feeds)


def _feed_row(outcome: Outcome, customer_name: str) -> dict[str, Any]:
    return {
        "id": outcome.feed_id,
        "customer_name": customer_name,
        "outcome": outcome.outcome,
        "pages": outcome.pages,
        "devices": outcome.devices,
        "incomplete": outcome.incomplete,
        "duplicates": outcome.duplicates,
        "skipped": [row | {"reason": sentence(row["reason"])} for row in outcome.skipped],
        "error": sentence(outcome.reason) or None,
    }


def _lines(report: Report) -> list[str]:
    """Return a report as text."""
    title = f"{report.wanted.name} (server {report.wanted.server_id}), {report.day}"
    if report.error is not None:
        return [f"{title}: failed. {report.error}"]
    pages = sum(row["pages"] for row in report.feeds)
    lines = [f"{title}: {len(report.feeds)} customers, {pages:,} pages"]
    for row in report.feeds:
        lines.append(f"  {row['customer_name']}: {row['outcome']}, {row['pages']:,} pages")
        if row["error"]:
            lines.append(f"    {row['error']}")
        lines += [f"    not counted: {_skipped(skipped)}" for skipped in row["skipped"]]
    return lines


def _skipped(skipped: dict[str, Any]) -> str:
    names = (("asset", skipped["asset_id"]), ("serial number", skipped["serial_number"]))
    printer = ", ".join(f"{word} {name}" for word, name in names if name)
    return f"{printer or 'a printer'}: {skipped['reason']}"
