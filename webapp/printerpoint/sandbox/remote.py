"""Control of a sandbox in another process over HTTP."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests


class RemoteError(Exception):
    """The sandbox did not run the command, with the reason."""


class Remote:
    """``Remote(url).run("add_customer", name="Bakery")``: the methods of Sandbox, by name.

    ``url``: that of PRINTERPOINT_URL.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._commands = f"{parts.scheme}://{parts.netloc}/_sandbox/"

    def run(self, command: str, **arguments: Any) -> Any:
        """Run a command; return its result, days as ISO text. Raises RemoteError."""
        body = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in arguments.items()
        }
        with requests.Session() as session:
            session.trust_env = False
            try:
                response = session.post(self._commands + command, json=body, timeout=60)
                content = response.json()
            except requests.RequestException as error:
                raise RemoteError(f"no sandbox answers at {self._commands}") from error
        if response.status_code != 200:
            raise RemoteError(str(content.get("message")))
        return content["result"]
