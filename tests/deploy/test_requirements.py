"""What is installed is pinned, file by file, and names no place it comes from."""

import re
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FILES = sorted(DEPLOY.glob("requirements*.txt"))


def _pins(path: Path) -> dict[str, str]:
    lines = re.findall(r"^([a-z0-9-]+)==([^\s;]+)(?: ; ([^\\]*))?", path.read_text(), re.MULTILINE)
    return {f"{name} {marker.strip()}": version for name, version, marker in lines}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_requirement_has_its_hashes(path: Path) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", path.read_text(), flags=re.MULTILINE)[1:]

    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_requirements_name_no_address_and_no_folder(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links|\s/", text)


def test_tests_run_with_the_versions_that_the_service_runs_with() -> None:
    service = _pins(DEPLOY / "requirements.txt")
    tests = _pins(DEPLOY / "requirements-dev.txt")

    assert len(service) > 40
    assert {name: tests.get(name) for name in service} == service
