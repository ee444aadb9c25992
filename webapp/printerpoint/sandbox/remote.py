"""Control of a sandbox in another process over HTTP."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from webapp.errors import Conflict


def run_command(url: str, command: str, **arguments: Any) -> Any:
    """Run a method of a sandbox by its name; return its result, days as ISO text.

    ``url``: that of PRINTERPOINT_URL. Raises Conflict with the reason when it is not run.
    """
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc}/_sandbox/{command}"
    body = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in arguments.items()
    }
    with requests.Session() as session:
        session.trust_env = False
        try:
            response = session.post(address, json=body, timeout=60)
            content = response.json()
        except requests.RequestException as error:
            raise Conflict(
                f"No Printerpoint sandbox answers at {address}. 'make demo' starts one, and so "
                "does 'python -m webapp.printerpoint.sandbox'."
            ) from error
    if response.status_code != 200:
        raise Conflict(f"The Printerpoint sandbox: {content.get('message')}")
    return content["result"]
