"""``python -m deploy.reloading``: what counts as a change."""

import os
from pathlib import Path

from deploy.reloading import modified


def test_changed_new_and_removed_files_are_noticed(tmp_path: Path) -> None:
    code = tmp_path / "webapp" / "app.py"
    template = tmp_path / "templates" / "base.html"
    for path in (code, template, tmp_path / "webapp" / "app.pyc"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    before = modified(tmp_path)

    os.utime(template, (1, 1))
    changed = modified(tmp_path)
    (tmp_path / "webapp" / "app.pyc").unlink()
    same = modified(tmp_path)
    code.unlink()

    assert set(before) == {code, template}
    assert before != changed == same != modified(tmp_path)
