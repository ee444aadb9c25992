"""Supervision by supervisord, which leaves no process behind.

supervisord restarts programs, limits their logs and stops them in order. This module adds what it
does not do. It would reload on SIGHUP of its terminal, so it runs in its own session and is stopped
explicitly. It is stopped by the kernel when this process is killed. And it does not track
grandchildren: an RQ work-horse whose worker was killed becomes a child of this process (a
subreaper) and is ended.
"""

import contextlib
import ctypes
import http.client
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client  # nosec B411 - supervisord answers, on a socket of this user
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

START_SECONDS = 10.0
WATCH_SECONDS = 2.0
#: Longer than the stop times of all programs together.
STOP_SECONDS = 90.0
ORPHAN_SECONDS = 5.0
LOG_BYTES = 5_000_000
LOG_FILES = 3
FAILED = ("BACKOFF", "EXITED", "FATAL")
PR_SET_CHILD_SUBREAPER = 36
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Program:
    """A program to supervise. They stop one by one, the highest ``priority`` first."""

    name: str
    command: tuple[str, ...]
    priority: int
    stop_seconds: int = 10


class Supervisor:
    """A running supervisord, created by ``supervised``."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
        self._process = process
        self._log = log
        self._socket = socket

    def _remote(self) -> Any:
        # Created for each command, because a transport that has failed stays broken. The address
        # is required but not used: the transport uses the socket.
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def start(self, *names: str) -> None:
        """Start programs without waiting for them."""
        for name in names:
            self._remote().startProcess(name, False)

    def pid(self, name: str) -> int | None:
        """Return the process id of a program, or None while it is not running."""
        return int(self._remote().getProcessInfo(name)["pid"]) or None

    def failed(self, name: str) -> bool:
        """Whether a program ended right after its start and will be retried."""
        state = self._remote().getProcessInfo(name)["statename"]
        return state in FAILED

    def last_lines(self, name: str, count: int = 15) -> str:
        """Return the end of a program's log."""
        path = self._log / f"{name}.log"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-count:])

    def watch(self, on_restart: Callable[[str], None]) -> None:
        """Return when supervisord has ended, which it does only when it is stopped.

        ``on_restart`` is called with the name of a program that ended and is being restarted: once,
        not at every attempt.
        """
        pids: dict[str, int] = {}
        reported: set[str] = set()
        while not self._ended():
            for name, state, pid in self._states():
                died = state in FAILED or (pid and pids.get(name, 0) not in (0, pid))
                if died and name not in reported:
                    on_restart(name)
                    reported.add(name)
                elif state == "RUNNING":
                    reported.discard(name)
                pids[name] = pid or pids.get(name, 0)
            # A work-horse without its worker may overlap the next run.
            for pid in _children() - {self._process.pid}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(WATCH_SECONDS)

    def _states(self) -> list[tuple[str, str, int]]:
        try:
            programs = self._remote().getAllProcessInfo()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return []  # it is ending, or too busy to respond
        return [(each["name"], each["statename"], each["pid"]) for each in programs]

    def _ended(self) -> bool:
        with contextlib.suppress(ChildProcessError):
            while self._process.returncode is None:
                pid, status = os.waitpid(-1, os.WNOHANG)  # an adopted orphan may have ended, too
                if pid == 0:
                    return False
                if pid == self._process.pid:
                    self._process.returncode = os.waitstatus_to_exitcode(status)
        return True

    def wait_until_ready(self) -> None:
        """Return when supervisord accepts commands. Raises TimeoutError."""
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError, xmlrpc.client.ProtocolError):
                self._remote().getState()
                return
            time.sleep(0.05)
        raise TimeoutError(f"supervisord did not start; see {self._log / 'supervisor.log'}")


@contextlib.contextmanager
def supervised(
    folder: Path, programs: Sequence[Program], directory: Path, environ: Mapping[str, str]
) -> Iterator[Supervisor]:
    """Run supervisord with ``programs`` (none started yet) for the duration of the block.

    ``folder`` gets its configuration and ``log/``. SIGINT, SIGTERM and SIGHUP leave the block by
    SystemExit; afterwards no process of the tree is alive. Call it once per process.
    """
    log = folder / "log"
    log.mkdir(mode=0o700, parents=True, exist_ok=True)
    _adopt_orphans()
    process = None
    for number in STOP_SIGNALS:
        signal.signal(number, _leave)
    # The path of a socket is limited to about 100 characters, that of the folder is not.
    with tempfile.TemporaryDirectory(prefix="releaf-") as control:
        socket = Path(control) / "supervisor.sock"
        path = folder / "supervisord.conf"
        path.write_text(configuration(programs, log, socket, directory), encoding="utf-8")
        command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(path)]
        try:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                env=dict(environ),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            supervisor = Supervisor(process, socket, log)
            supervisor.wait_until_ready()
            yield supervisor
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # already stopping
            if process is not None and process.poll() is None:
                _stop(process)
            _end_orphans()


def configuration(programs: Sequence[Program], log: Path, socket: Path, directory: Path) -> str:
    """Return the text of supervisord.conf."""
    text = f"""[supervisord]
nodaemon = true
silent = true
umask = 077
identifier = releaf
logfile = {_value(log / "supervisor.log")}
logfile_maxbytes = {LOG_BYTES}
logfile_backups = {LOG_FILES}
pidfile = {_value(socket.with_name("supervisord.pid"))}

[unix_http_server]
file = {_value(socket)}
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{_value(socket)}
"""
    return text + "".join(_program(program, log, directory) for program in programs)


def _program(program: Program, log: Path, directory: Path) -> str:
    # A program that ends within startsecs is retried with growing pauses, without a limit.
    return f"""
[program:{program.name}]
command = {_value(shlex.join(program.command))}
directory = {_value(directory)}
priority = {program.priority}
autostart = false
autorestart = true
startsecs = 4
startretries = 1000000
stopsignal = TERM
stopwaitsecs = {program.stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = {_value(log / program.name)}.log
stdout_logfile_maxbytes = {LOG_BYTES}
stdout_logfile_backups = {LOG_FILES}
"""


def _value(text: object) -> str:
    return str(text).replace("%", "%%")


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _adopt_orphans() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _children() -> set[int]:
    """Return the children of this process, adopted ones included."""
    children = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            # "pid (name) state parent ...", and a name may hold spaces and brackets.
            parent = int(
                path.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[1]
            )
            if parent == os.getpid():
                children.add(int(path.parent.name))
    return children


def _end_orphans() -> None:
    """End all children, and the orphans that they leave behind, until there are none."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    terminated: set[int] = set()
    while children := _children():
        late = time.monotonic() > deadline
        for pid in children if late else children - terminated:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        terminated |= children
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)
