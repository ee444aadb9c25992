"""All processes of the service on one machine: ``python -m deploy.services run|demo|dev``.

``run`` is the service on its own data. ``demo`` is a separate service with sample data, in the
folder ``demo`` of the instance, with a sandbox in place of Printerpoint. ``dev`` is the demo with
Flask's development server and reload of all processes. All run in the foreground until Ctrl-C and
leave no process behind.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.readiness import CannotStart, wait_for_answer, wait_for_redis
from deploy.redis_server import binary, write_configuration
from deploy.supervision import Program, Supervisor, supervised
from webapp import settings as configuration
from webapp.setting_values import SettingsError
from webapp.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SANDBOX_PATH = "/apis/v1"
#: The demo must not use data of the real service, so it ignores its configuration.
NOT_FOR_DEMO = (
    "DATABASE_URL", "ENCRYPTION_KEYS", "MAIL_FROM", "MAIL_URL", "PRINTERPOINT_URL", "PUBLIC_URL",
    "REDIS_PASSWORD", "REDIS_PORT", "REDIS_URL", "RELEAF_ENV", "SECRET_KEY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, and its environment."""

    what: str
    port: int
    settings: Settings
    environ: dict[str, str]
    embedded_redis: bool

    @property
    def demo(self) -> bool:
        """Whether it uses the demo's data."""
        return self.what != "run"

    @property
    def log(self) -> str:
        """The folder of the logs, relative to the project if possible."""
        path = self.settings.instance / "log"
        return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main() -> int:
    """Run until a stop signal. Returns 0 after one, 1 if it cannot run."""
    parser = argparse.ArgumentParser(prog="deploy.services", description=__doc__)
    parser.add_argument("what", choices=("run", "demo", "dev"))
    parser.add_argument(
        "--reset", action="store_true", help="delete the demo's data and create it again"
    )
    parser.add_argument("--months", help="whole months of the demo's data; a year without it")
    arguments = parser.parse_args()
    os.umask(0o077)  # data, keys and logs are for the owner only
    try:
        _serve(arguments.what, reset=arguments.reset, months=arguments.months)
    except (CannotStart, SettingsError, TimeoutError) as error:
        print(f"releaf: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"releaf: stopped, for {' '.join(error.cmd[-2:])} failed", file=sys.stderr)
        return 1
    return 1  # supervisord exited


def _serve(what: str, reset: bool, months: str | None) -> None:
    demo = what != "run"
    environ = _environment(demo)
    instance = Path(environ["RELEAF_INSTANCE"])
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _instance_lock(instance):
        if demo:
            if reset:
                _empty(instance)
            environ["PRINTERPOINT_URL"] = f"http://127.0.0.1:{_free_port()}{SANDBOX_PATH}"
            _write_addresses(instance, environ)
        settings = configuration.load(environ)
        plan = Plan(
            what=what,
            port=int(environ["PORT"]),
            settings=settings,
            environ=environ,
            embedded_redis=not environ.get("REDIS_URL"),
        )
        _check_ports(plan)
        with supervised(instance, _programs(plan), ROOT, environ) as supervisor:
            try:
                if demo:
                    _start_demo(plan, supervisor, months)
                else:
                    _start(plan, supervisor)
                supervisor.watch(
                    lambda name: _say(
                        f"{name} ended and is started again; see {plan.log}/{name}.log"
                    )
                )
            except SystemExit:
                _say("stopping")
                raise
    raise CannotStart(f"the supervisor exited; see {plan.log}/supervisor.log")


def _start(plan: Plan, supervisor: Supervisor) -> None:
    if plan.embedded_redis:
        supervisor.start("redis")
    wait_for_redis(plan.settings.redis_url, plan.embedded_redis)
    _releaf(plan, "database", "upgrade")
    supervisor.start("web", "worker", "scheduler")
    wait_for_answer("web", plan.port, supervisor)
    _say(f"the web, the worker and the scheduler run; their logs are in {plan.log}")
    _say(f"open {plan.settings.public_url} - Ctrl-C stops everything")


def _start_demo(plan: Plan, supervisor: Supervisor, months: str | None) -> None:
    _say(f"starting the demo; logs are in {plan.log}, Ctrl-C stops everything")
    supervisor.start("redis", "sandbox")
    wait_for_redis(plan.settings.redis_url, plan.embedded_redis)
    _releaf(plan, "database", "upgrade", quiet=True)
    supervisor.start("web")
    wait_for_answer("web", plan.port, supervisor)
    wait_for_answer("sandbox", urlsplit(plan.settings.printerpoint_url).port or 0, supervisor)
    # Worker and scheduler start after the sample data, or they would collect meanwhile; and
    # without output, so that the logins stay the last lines on the terminal.
    _releaf(plan, "demo", *(("--months", months) if months else ()))
    supervisor.start("worker", "scheduler")


def _environment(demo: bool) -> dict[str, str]:
    """Return the environment of all processes."""
    environ = dict(os.environ)
    instance = Path(environ.get("RELEAF_INSTANCE") or ROOT / "instance").absolute()
    if demo:
        instance /= "demo"
        for name in NOT_FOR_DEMO:
            environ.pop(name, None)
    port = environ.get("PORT") or "8000"
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise CannotStart(f"PORT: {port!r} is not a port number; try PORT=8001")
    return environ | {
        "RELEAF_INSTANCE": str(instance),
        "PORT": port,
        "PATH": f"{Path(sys.executable).parent}:{environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }


@contextlib.contextmanager
def _instance_lock(instance: Path) -> Iterator[None]:
    """Lock the instance; the kernel releases it when this process ends in any way."""
    with (instance / "services.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotStart(
                f"it already runs on {instance} as process {file.read().strip()}; "
                "stop that one first (Ctrl-C there)"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _empty(instance: Path) -> None:
    """Delete everything in the demo's folder except the held lock."""
    for path in instance.iterdir():
        if path.name == "services.lock":
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _write_addresses(instance: Path, environ: Mapping[str, str]) -> None:
    """Write the addresses of the demo, so that its commands do not read the real Printerpoint."""
    (instance / configuration.DEMO_FILE).write_text(
        "# The addresses of this demo, written at each start. The command releaf reads them.\n"
        f"PRINTERPOINT_URL={environ['PRINTERPOINT_URL']}\n"
        f"PUBLIC_URL=http://127.0.0.1:{environ['PORT']}\n",
        encoding="utf-8",
    )


def _check_ports(plan: Plan) -> None:
    again = f"make {plan.what}"
    if _taken(plan.port):
        other = plan.port + 1 if plan.port < 65535 else 8000
        raise CannotStart(f"port {plan.port} is taken by another program; try PORT={other} {again}")
    if plan.embedded_redis:
        port = urlsplit(plan.settings.redis_url).port or 6379
        if _taken(port):
            path = plan.settings.instance / configuration.SECRETS_FILE
            raise CannotStart(
                f"port {port} of the embedded Redis is taken by another program; end that one, "
                f"or write another REDIS_PORT into {path}"
            )


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotStart(f"PORT: {port} may not be opened by this user; try 8000") from None
        except OSError:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs(plan: Plan) -> list[Program]:
    python = sys.executable
    web: tuple[str, ...] = (
        python, "-m", "gunicorn", "--preload", "--bind", f"127.0.0.1:{plan.port}",
        "--worker-class", "gthread", "--workers", "1", "--threads", "8", "--graceful-timeout", "8",
        "--no-control-socket", "wsgi:app",
    )  # fmt: skip
    start: tuple[str, ...] = (python, "-m")
    if plan.what == "dev":
        web = (python, "-m", "flask", "--app", "wsgi", "run", "--debug", "--port", str(plan.port))
        start = (python, "-m", "deploy.reloading")
    programs = [
        Program("web", web, priority=30),
        Program("worker", (*start, "jobs.worker"), priority=50),
        Program("scheduler", (*start, "jobs.schedule"), priority=40),
    ]
    if plan.embedded_redis:
        url = urlsplit(plan.settings.redis_url)
        path = write_configuration(
            plan.settings.instance / "redis", url.port or 6379, url.password or ""
        )
        programs.append(Program("redis", (str(binary()), str(path)), priority=10))
    if plan.demo:
        state = plan.settings.instance / "sandbox_state.json"
        port = str(urlsplit(plan.settings.printerpoint_url).port)
        sandbox = (
            python,
            "-m",
            "webapp.printerpoint.sandbox",
            "--port",
            port,
            "--state",
            str(state),
        )
        programs.append(Program("sandbox", sandbox, priority=20))
    return programs


def _releaf(plan: Plan, *arguments: str, quiet: bool = False) -> None:
    """Run a command of the service; raises CalledProcessError when it fails."""
    outcome = subprocess.run(
        [str(Path(sys.executable).with_name("releaf")), *arguments],
        env=plan.environ,
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE if quiet else None,
        text=True,
    )
    if outcome.returncode != 0:
        print(outcome.stdout or "", file=sys.stderr, end="")
    outcome.check_returncode()


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(f"releaf: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
