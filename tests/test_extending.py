"""The examples of docs/extending.md, applied to a copy of the tree and checked there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^## (A .+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
STEP = re.compile(r"<!-- (file|change|check)(?:: (\S+))? -->\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
COPIED = ("agent", "analysis", "docs", "rewards", "server", "sweepfarm", "sweeps", "tests")


def changed(text: str, change: str) -> str:
    """`text` after a change whose context must occur in it exactly once."""
    lines = change.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    if not old:
        raise ValueError("a change needs a line that shows where it goes")
    assert text.count(old) == 1, (
        f"docs/extending.md shows these lines, which occur {text.count(old)} times in the file: change the "
        f"example with the file\n{old}"
    )
    return text.replace(old, new)


def test_the_page_has_the_five_examples() -> None:
    assert list(EXAMPLES) == ["A reward", "A task", "A health check", "A server route", "A page field"]


@pytest.mark.slow
@pytest.mark.parametrize("title", EXAMPLES)
def test_each_example_works_on_a_copy_of_the_tree(title: str, tmp_path: Path) -> None:
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "results", "figures")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    touched, checks = set(), []
    for kind, path, text in STEP.findall(EXAMPLES[title]):
        if kind == "check":
            checks.append(text)
            continue
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if kind == "file" else changed(file.read_text(encoding="utf-8"), text))
        touched.add(path)
    (said,) = re.findall(rf"\| \[{title.lower()}\]\(.*?\) \| (\d) \|", PAGE)
    assert len(touched) == int(said)
    (check,) = checks
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", check],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
