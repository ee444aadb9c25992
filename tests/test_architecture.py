"""What must stay true of the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.settings import ROOT

MODULES = sorted(
    path
    for room in ("webapp", "jobs")
    for path in (ROOT / room).rglob("*.py")
    if "versions" not in path.parts
)
BANNED = {"source", "sync", "item", "data", "manager", "handler", "helper", "helpers", "utils"}


def names(path: Path) -> str:
    """A module as a test's name."""
    return str(path.relative_to(ROOT))


def test_the_rooms_import_only_what_they_may() -> None:
    program = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_module_says_what_it_is_for_and_stays_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert ast.get_docstring(ast.parse(text)), "a module needs a docstring"
    assert len(text.splitlines()) <= 400, "make it a folder of the same name"
    assert path.stem not in BANNED


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_functions_stay_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    long = [
        (node.name, (node.end_lineno or node.lineno) - node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno > 60
    ]

    assert long == []


def calls(path: Path) -> Iterator[str]:
    """Every call in a module, as dotted words."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_the_clock_is_read_in_one_place(path: Path) -> None:
    if path == ROOT / "webapp" / "clock.py":
        return
    reading = re.compile(r"(^|\.)(datetime\.now|utcnow|date\.today|time\.time|datetime\.today)$")

    assert [call for call in calls(path) if reading.search(call)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "webapp" / "services").glob("*.py")), ids=names)
def test_services_never_commit(path: Path) -> None:
    assert [call for call in calls(path) if re.search(r"session\.(commit|rollback)$", call)] == []


def test_queries_only_read() -> None:
    for path in (ROOT / "webapp" / "queries").rglob("*.py"):
        writing = re.compile(r"session\.(add|add_all|delete|flush|commit|rollback)$")

        assert [call for call in calls(path) if writing.search(call)] == [], path


def test_the_domain_is_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"webapp"}

    for path in (ROOT / "webapp" / "domain").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                assert module.split(".")[0] in allowed, path
                assert not module.startswith("webapp") or module.startswith("webapp.domain"), path


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    # Written apart, so that this file does not find itself.
    banned = re.compile("|".join(["/work" + "/main", "pypi" + r"\.org", "registry" + r"\.npmjs"]))

    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and banned.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(name)

    assert found == []
