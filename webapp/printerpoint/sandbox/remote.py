"""Control of a sandbox in another process over HTTP."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests


class RemoteError(Exception):
    """The sandbox does not carry the order out; says why."""


class Remote:
    """``Remote(url).does("has_customer", name="Bakery")``: the verbs of Sandbox, by name.

    ``url``: as of PRINTERPOINT_URL.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._controls = f"{parts.scheme}://{parts.netloc}/_sandbox/"

    def does(self, verb: str, **words: Any) -> Any:
        """Order a verb; returns what it returned, days as ISO text. Raises RemoteError."""
        arguments = {
            name: word.isoformat() if isinstance(word, datetime) else word
            for name, word in words.items()
        }
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(self._controls + verb, json=arguments, timeout=60)
                content = answer.json()
            except requests.RequestException as error:
                raise RemoteError(f"no sandbox answers at {self._controls}") from error
        if answer.status_code != 200:
            raise RemoteError(str(content.get("message")))
        return content["result"]
