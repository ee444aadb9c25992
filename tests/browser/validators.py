"""Validators of pages: axe-core in the browser, html-validate on the responses."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from webapp.settings import ROOT

_PACKAGES = ROOT / "deploy" / "assets" / "node_modules"
_RULES = Path(__file__).parent / "htmlvalidate.cjs"
_AXE = """async (rules) => {
  const only = rules.length ? { runOnly: { type: 'rule', values: rules } } : {};
  const found = await axe.run(document, { resultTypes: ['violations'], ...only });
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) =>
    `${id}: ${help}: ${node.target.join(' ')}: ${node.failureSummary}`));
}"""


@dataclass(slots=True)
class Axe:
    """axe-core, of the version that deploy/assets/package.json names."""

    _script: str = field(default_factory=lambda: (_PACKAGES / "axe-core/axe.min.js").read_text())

    def inject(self, page: Page) -> None:
        """Load axe-core into a page."""
        page.evaluate(self._script)

    def violations(self, page: Page, *rules: str) -> list[str]:
        """The violations on the page as it is shown now; of these rules alone, if any are named."""
        return [str(one) for one in page.evaluate(_AXE, list(rules))]


def html_errors(files: Iterable[Path]) -> list[str]:
    """What html-validate finds in files, as ``file:line: rule: message``."""
    node = shutil.which("node", path=f"{ROOT / '.venv/bin'}:/usr/local/bin:/usr/bin:/bin")
    assert node is not None, "deploy/setup brings node"
    program = _PACKAGES / "html-validate/bin/html-validate.mjs"
    # Node ends without waiting for a pipe that is full; a file takes all.
    with tempfile.TemporaryFile("w+") as findings:
        result = subprocess.run(
            [node, program, "--config", _RULES, "--formatter", "json", *files],
            stdout=findings,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
        assert result.returncode in (0, 1)
        assert result.stderr == ""
        if result.returncode == 0:
            return []
        findings.seek(0)
        results: list[dict[str, Any]] = json.load(findings)
    return [
        f"{Path(result['filePath']).name}:{one['line']}: {one['ruleId']}: {one['message']} "
        f"({one['selector']})"
        for result in results
        for one in result["messages"]
    ]
