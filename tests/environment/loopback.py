"""Nothing leaves this machine: tests may connect to loopback and to unix sockets only."""

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest


class OutsideConnection(RuntimeError):
    """A test tried to reach beyond loopback."""


def _stays_here(address: object) -> bool:
    if not isinstance(address, tuple):  # a unix socket
        return True
    host = str(address[0])
    if host in ("localhost", ""):
        return True
    try:
        return ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Forbid connections and look-ups beyond loopback in this process.

    Names under .invalid, .test and .example do not resolve, as in the world outside.
    """
    resolve = socket.getaddrinfo

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: object) -> Any:
            if not _stays_here(address):
                raise OutsideConnection(f"a test tried to connect to {address}")
            return method(self, address)

        return connect

    def look_up(host: str | bytes | None, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or _stays_here((name,)):
            return resolve(host, *arguments, **named)
        if name.rstrip(".").endswith((".invalid", ".test", ".example")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise OutsideConnection(f"a test tried to look up {name}")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", look_up)
        yield
