"""Generates the tables of docs/options.md, docs/metrics.md and docs/lab.md from the code.

python docs/generate.py            # or `make docs`

A table is between `<!-- generated: NAME -->` and `<!-- end -->`. A test fails if one is stale.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from pydantic import BaseModel

ROOT = Path(__file__).parent.parent
if sys.path[0] == str(ROOT / "docs"):
    sys.path[0] = str(ROOT)

from agent.config.metric import Section  # noqa: E402
from agent.config.metrics import METRICS  # noqa: E402
from agent.config.run import RunConfig  # noqa: E402
from agent.config.tasks import our_tasks, task_definition  # noqa: E402
from agent.health.checks import HealthLimits  # noqa: E402
from agent.health.finding import MEANINGS  # noqa: E402
from rewards.plasmid.lab.vendors import products  # noqa: E402

PAGES = tuple(ROOT / "docs" / page for page in ("options.md", "metrics.md", "lab.md"))
BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fields(model: type[BaseModel], without: Iterable[str] = ()) -> str:
    """Table of the fields of a model: name, default, description."""
    rows = [
        (f"`{name}`", _default(field.get_default(call_default_factory=False)), field.description or "")
        for name, field in model.model_fields.items()
        if name not in without
    ]
    return _table(("option", "default", "what it does"), rows)


def metrics(section: Section) -> str:
    """Table of the metrics of a section: name and how to read it."""
    rows = [
        (f"`{m.name}`", f"{m.reading}; differs between equal runs" if m.clock else m.reading)
        for m in METRICS
        if m.section == section
    ]
    return _table(("metric", "how to read it"), rows)


def other_tasks() -> str:
    """A section for each task that has no section of its own: its description and its reward parameters."""
    named = {match["name"] for page in PAGES for match in BLOCK.finditer(page.read_text(encoding="utf-8"))}
    sections: list[str] = []
    for name, module in our_tasks().items():
        if f"task {name}" not in named:
            description = inspect.cleandoc(importlib.import_module(module).__doc__ or "")
            sections += [f"## The task `{name}`", description, fields(task_definition(name).reward)]
    return "\n\n".join(sections)


def findings() -> str:
    """Table of the kinds of health findings."""
    rows = [(f"`{k}`", m.text, "closes" if m.fatal else "warns") for k, m in MEANINGS.items()]
    return _table(("finding", "when", "gate"), rows)


def vendor_limits() -> str:
    """Table of the limits of vendor products, with the page that states each and who read it when."""
    rows = [
        (
            f"`{name}`",
            product.name,
            limit.text(),
            f"[{source.page}]({source.url})",
            f"{source.date}, {source.readings}",
        )
        for name, product in products().items()
        for limit, source in product.limits
    ]
    return _table(("vendor", "product", "limit", "source", "date, readings"), rows)


def _default(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    """Text on one line, with `|` escaped."""
    return " ".join(text.split()).replace("|", "\\|")


BLOCKS: dict[str, Callable[[], str]] = {
    "options of a run": lambda: fields(RunConfig, without=("health", "reward")),
    "health limits": lambda: fields(HealthLimits),
    "findings": findings,
    "vendor limits": vendor_limits,
    "metrics reward": lambda: metrics("reward"),
    "metrics groups": lambda: metrics("groups"),
    "metrics training": lambda: metrics("training"),
    "metrics objective": lambda: metrics("objective"),
    "metrics quality": lambda: metrics("quality"),
    "metrics temperatures": lambda: metrics("temperatures"),
    "other tasks": other_tasks,
    **{f"task {name}": partial(fields, task_definition(name).reward) for name in our_tasks()},
}


def generated(text: str) -> str:
    """The text of a page with all of its blocks generated anew.

    Raises:
        KeyError: If a block has a name that is not in `BLOCKS`.
    """
    return BLOCK.sub(lambda m: f"{m[1]}{BLOCKS[m['name']]()}\n{m[3]}", text)


def main() -> None:
    """Generate the blocks of all pages anew."""
    for page in PAGES:
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
