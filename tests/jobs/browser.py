"""A browser without JavaScript, on the real web process; it remembers every answer."""

import html
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from tests.jobs.processes import eventually, running
from webapp.settings import Settings

_FIELD = re.compile(r'<input[^>]*name="csrf_token"[^>]*value="([^"]+)"')
_LINK = re.compile(r'(?:href|hx-get|action)="([^"#]+)')
#: What would end the visit, or is no page of Releaf.
_NOT_FOLLOWED = ("/logout", "/static/", "/operations/queues/static")


class Browser:
    """A browser that follows links. ``seen``: every response, headers included, by address."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self.seen: dict[str, bytes] = {}

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def opens(self, address: str) -> requests.Response:
        """Get a page."""
        response = self._session.get(urljoin(self._url, address), timeout=120)
        return self._remembers(response, f"GET {address}")

    def sends(self, address: str, form: str | None = None, **fields: str) -> requests.Response:
        """Fill in the form of a page (``form``; the address itself when None) and send it."""
        page = self.opens(form or address).text
        hidden = _FIELD.search(page)
        assert hidden, f"{form or address} has no form"
        response = self._session.post(
            urljoin(self._url, address),
            data={"csrf_token": html.unescape(hidden[1]), **fields},
            headers={"Origin": self._url},
            timeout=120,
        )
        return self._remembers(response, f"POST {address} {len(self.seen)}")

    def crawl(self, *starts: str, pages: int = 80) -> list[str]:
        """Follow every link, so many pages at the most; returns the paths that were opened."""
        waiting, opened = list(starts), list[str]()
        while waiting and len(opened) < pages:
            path = waiting.pop(0)
            if path in opened or path.startswith(_NOT_FOLLOWED):
                continue
            opened.append(path)
            response = self.opens(path)
            if "html" not in response.headers.get("Content-Type", ""):
                continue
            for link in _LINK.findall(response.text):
                parts = urlsplit(urljoin(urljoin(self._url, path), html.unescape(link)))
                if f"{parts.scheme}://{parts.netloc}" == self._url:
                    waiting.append(f"{parts.path}?{parts.query}".rstrip("?"))
        return opened

    def _remembers(self, response: requests.Response, named: str) -> requests.Response:
        for step in (*response.history, response):
            head = "\n".join(f"{name}: {value}" for name, value in step.headers.items())
            self.seen[f"{named} -> {step.url} {step.status_code}"] = (
                f"{step.url}\n{head}\n".encode() + step.content
            )
        return response


@contextmanager
def web(config: Settings, output: Path) -> Iterator[str]:
    """The web process of production with its most detailed log; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    words = ("--bind", address, "--access-logfile", "-", "--log-level", "debug", "wsgi:app")
    with running(config, "gunicorn", *words, output=output):
        eventually(lambda: _answers(f"http://{address}/healthz"))
        yield f"http://{address}"


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=30).ok
    except requests.ConnectionError:
        return False
