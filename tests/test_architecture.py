"""Rules of the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from webapp.settings import ROOT

MODULES = sorted(
    path
    for package in ("webapp", "jobs")
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40
MOST_CHARACTERS_OF_A_TEMPLATE_LINE = 160
#: The files that are longer, each with the reason.
LONG_FILES = {
    "tests/bench/nights.py": "one measurement: our night, and the same night by bare statements",
    "tests/browser/walk.py": "one class that checks a page in every size, with its scripts",
    "tests/services/year_scenario.py": "one year, whose events refer to each other",
    "tests/soak/fault_scenario.py": "one class, whose steps depend on each other",
}
#: The functions that are longer, each with the reason.
LONG_FUNCTIONS = {
    "tests/bench/nights.py: _write": "the bare statements of a night, in their order",
    "tests/browser/seeded_db.py: _collections": "a list of rows",
    "tests/browser/seeded_db.py: _feeds": "a list of rows",
    "tests/browser/seeded_printers.py: add_history": "a list of rows",
    "tests/browser/seeded_printers.py: add_printers": "a list of rows",
    "tests/cli/test_demo.py: test_the_demo_is_seeded_and_extended_until_it_is_reset": (
        "one demo, since seeding it takes a minute"
    ),
    "tests/cli/test_journey.py: test_a_month_from_the_token_to_the_certificate": (
        "one journey, step by step"
    ),
    "tests/factories/metering.py: device": "a parameter for each column",
    "tests/factories/metering.py: delta": "a parameter for each column",
    "tests/jobs/test_notifications.py: "
    "test_each_change_is_sent_once_by_many_senders_that_are_killed": (
        "one property over random steps"
    ),
    "tests/services/test_no_page_is_lost.py: test_no_history_of_events_loses_or_invents_a_page": (
        "one property over random steps"
    ),
    "tests/services/test_recount_duplicates.py: two_listings": "a list of rows",
}
BANNED = {"source", "sync", "item", "data", "manager", "handler", "helper", "helpers", "utils"}


def name(path: Path) -> str:
    """The module's path within the project."""
    return str(path.relative_to(ROOT))


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a module.

    Not stored: the garbage collector would go through all of them again and again.
    """
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def called_in(path: Path) -> list[str]:
    """Return the dotted names of all calls in a module."""
    return [ast.unparse(node.func) for node in ast.walk(parse(path)) if isinstance(node, ast.Call)]


def test_modules_have_a_plain_name() -> None:
    assert [name(path) for path in MODULES if path.stem in BANNED] == []


def test_files_are_short_or_listed_with_a_reason() -> None:
    long = [
        name(path)
        for path in (*MODULES, *TESTS)
        if len(path.read_bytes().splitlines()) > MOST_LINES_OF_A_FILE
    ]

    assert sorted(long) == sorted(LONG_FILES)


def test_functions_are_short_or_listed_with_a_reason() -> None:
    long = [
        f"{name(path)}: {node.name}"
        for path in (*MODULES, *TESTS)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]

    assert sorted(long) == sorted(LONG_FUNCTIONS)


def test_lines_of_templates_are_short() -> None:
    long = [
        f"{name(path)}:{number}: {len(line)} characters"
        for path in sorted((ROOT / "templates").rglob("*.*"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > MOST_CHARACTERS_OF_A_TEMPLATE_LINE
    ]

    assert long == []


def calls(paths: Iterable[Path], pattern: str) -> list[str]:
    """The calls in these modules whose dotted name matches."""
    return [
        f"{name(path)}: {called}"
        for path in paths
        for called in called_in(path)
        if re.search(pattern, called)
    ]


def test_files_and_functions_that_documents_name_exist() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    texts = [document.read_text(encoding="utf-8") for document in documents]
    functions = [found for text in texts for found in re.findall(r"([\w/]+\.py):([\w.]+)", text)]
    files = {found for text in texts for found in re.findall(r"`([\w/.-]+\.(?:py|html|js))`", text)}

    assert len(functions) > 30
    assert [":".join(each) for each in functions if not defines(*each)] == []
    assert sorted(file for file in files if not is_file(file)) == []


def is_file(name: str) -> bool:
    """Whether there is a file of this path, or a module whose path ends with it."""
    ends = any(str(path).endswith(f"/{name}") for path in MODULES)
    return ends or (ROOT / name).is_file()


def defines(file: str, function: str) -> bool:
    """Whether a module, named from the root or from ``webapp``, defines a function or method."""
    paths = [path for path in (ROOT / file, ROOT / "webapp" / file) if path.is_file()]
    if not paths:
        return False
    body: list[ast.stmt] = parse(paths[0]).body
    for part in function.split("."):
        found = [
            node
            for node in body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == part
        ]
        if not found:
            return False
        body = found[0].body
    return True


def test_services_never_commit() -> None:
    services = (ROOT / "webapp" / "services").rglob("*.py")

    assert calls(services, r"session\.(commit|rollback)$") == []


def test_queries_only_read() -> None:
    queries = (ROOT / "webapp" / "queries").rglob("*.py")

    of_a_session = r"session\.(add|add_all|delete|flush|commit|rollback)$"

    assert calls(queries, rf"{of_a_session}|^(insert|update|delete|upsert)$") == []


def test_views_and_jobs_contain_no_statements() -> None:
    edges = [*(ROOT / "webapp" / "views").rglob("*.py"), *(ROOT / "jobs").rglob("*.py")]
    statements = r"^(select|insert|update|delete|text)$|session(\(\))?\.(execute|scalars?)$"

    assert calls(edges, rf"{statements}|\.(where|order_by|with_only_columns)$") == []


def test_the_domain_is_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"webapp"}

    found = []
    for path in (ROOT / "webapp" / "domain").rglob("*.py"):
        for node in ast.walk(parse(path)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [
                f"{path.relative_to(ROOT)} imports {module}"
                for module in modules
                if module.split(".")[0] not in allowed
                or (
                    f"{module}.".startswith("webapp.")
                    and not f"{module}.".startswith("webapp.domain.")
                )
            ]

    assert found == []


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    # Written apart, so that this file does not find itself.
    banned = re.compile("|".join(["/work" + "/main", "pypi" + r"\.org", "registry" + r"\.npmjs"]))

    found = []
    for listed_name in listed.stdout.splitlines():
        path = ROOT / listed_name
        if path.is_file() and banned.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(listed_name)

    assert found == []
