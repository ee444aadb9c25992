"""Processes that live and die together: supervisord, and the promise that nothing stays behind.

supervisord restarts what dies, keeps the logs within bounds and stops in order. Three things it
does not do are done here. It would take the end of its terminal for a wish to reload, so it runs
in a session of its own and is told to stop. It is stopped by the kernel when this process is
killed. And it does not know its grandchildren: an RQ work-horse whose worker was killed becomes a
child of this process (a subreaper) and is ended.
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
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

START_SECONDS = 10.0
WATCH_SECONDS = 2.0
#: Longer than all programs together may take to stop one after another.
STOP_SECONDS = 90.0
ORPHAN_SECONDS = 5.0
LOG_BYTES = 5_000_000
LOG_FILES = 3
FAILED = ("BACKOFF", "EXITED", "FATAL")
PR_SET_CHILD_SUBREAPER = 36
ASKS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Program:
    """A process to keep alive. They stop one by one, the highest ``place`` first."""

    name: str
    command: tuple[str, ...]
    place: int
    stop_seconds: int = 10


class Supervisor:
    """A running supervisord; made by ``supervised``."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
        self._process = process
        self._log = log
        self._socket = socket

    def _remote(self) -> Any:
        # Made anew for each order, since a transport that failed once stays broken. The address
        # is required but not used: the transport speaks to the socket.
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def start(self, *names: str) -> None:
        """Start programs without waiting for them."""
        for name in names:
            self._remote().startProcess(name, False)

    def pid(self, name: str) -> int | None:
        """The process of a program, or None while it does not run."""
        return int(self._remote().getProcessInfo(name)["pid"]) or None

    def failed(self, name: str) -> bool:
        """Whether a program ended right after its start and is to be tried again."""
        state = self._remote().getProcessInfo(name)["statename"]
        return state in FAILED

    def last_lines(self, name: str, count: int = 15) -> str:
        """The end of a program's log."""
        path = self._log / f"{name}.log"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-count:])

    def watch(self, tell: Callable[[str], None]) -> None:
        """Return when supervisord has ended, which it does not do by itself.

        ``tell`` receives the name of a program that died and is being started again: once,
        not at every attempt.
        """
        pids: dict[str, int] = {}
        told: set[str] = set()
        while not self._ended():
            for name, state, pid in self._states():
                died = state in FAILED or (pid and pids.get(name, 0) not in (0, pid))
                if died and name not in told:
                    tell(name)
                    told.add(name)
                elif state == "RUNNING":
                    told.discard(name)
                pids[name] = pid or pids.get(name, 0)
            # A work-horse without its worker is out of control and may overlap the next run.
            for pid in _children() - {self._process.pid}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(WATCH_SECONDS)

    def _states(self) -> list[tuple[str, str, int]]:
        try:
            programs = self._remote().getAllProcessInfo()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return []  # it is ending, or too busy to say
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
        """Return when supervisord takes orders. Raises TimeoutError."""
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
    """Run supervisord over ``programs`` (none of them started yet) until the block is left.

    ``folder`` receives its configuration and ``log/``. SIGINT, SIGTERM and SIGHUP leave the block
    by SystemExit; afterwards no process of the tree is alive. To be called once in a process.
    """
    log = folder / "log"
    log.mkdir(mode=0o700, parents=True, exist_ok=True)
    _adopt_orphans()
    process = None
    for number in ASKS_TO_STOP:
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
            for number in ASKS_TO_STOP:
                signal.signal(number, signal.SIG_IGN)  # already stopping
            if process is not None and process.poll() is None:
                _stop(process)
            _end_orphans()


def configuration(programs: Sequence[Program], log: Path, socket: Path, directory: Path) -> str:
    """The text of supervisord.conf."""
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
    # Whoever ends within startsecs is tried again after a pause that grows; never given up.
    return f"""
[program:{program.name}]
command = {_value(shlex.join(program.command))}
directory = {_value(directory)}
priority = {program.place}
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
    """The children of this process, adopted ones included."""
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
    """End every child, and the children each of them leaves behind, until there is none."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    told: set[int] = set()
    while children := _children():
        late = time.monotonic() > deadline
        for pid in children if late else children - told:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        told |= children
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)
