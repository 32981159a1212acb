"""The results of a sweep as a page: a table of its runs, a figure, and completions."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from analysis.choose.select import Selection
from analysis.classify.assess import Assessment
from analysis.classify.verdict_kinds import COMPARABLE
from analysis.errors import AnalysisError
from analysis.files import replace_file, replace_text
from analysis.publish.before_after import before_after_sections
from analysis.publish.held_out import held_out_sections
from analysis.publish.reward_figure import draw_rewards
from analysis.publish.runs_table import own_name, runs_table
from analysis.read.config import SEED
from analysis.read.table import STEP, SweepTable
from analysis.report.temperatures import temperature_markdown, temperature_rows

_SHOWN = 3
"""Number of completions of a run on the page."""

_FEW = 5
"""Maximum number of values of a text parameter for which each gets its own marker."""


def write_results(
    table: SweepTable,
    assessment: Assessment,
    selection: Selection,
    *,
    against: str,
    before: str | None,
    command: str,
    path: Path,
    console: Console,
) -> None:
    """Writes a page of Markdown with a figure beside it, and prints its table of runs.

    Args:
        table: The sweep; completions are shown for the runs in `table.scored`.
        assessment: The verdicts on its runs.
        selection: The ranking of its configurations.
        against: The swept parameter on the x axis of the figure.
        before: Name of the configuration that the others are compared with; None for no comparison.
        command: The command that made the runs, for the reader.
        path: Path of the page; the figure is `{stem}_{against}.svg` in the same folder.
        console: Console for the table.

    Raises:
        AnalysisError: If `against` is not a swept parameter with a value in every run, or no run of the
            configuration `before` trained for more than half of its steps.
    """
    names, runs = [own_name(name) for name in table.sweep.swept], runs_table(table, assessment)
    runs["number"] = range(1, len(runs) + 1)
    if against not in names or runs[against].isna().any():
        raise AnalysisError(f"`{against}` is not searched by the sweep; it searches {', '.join(names)}")
    texts = [
        n for n in names if runs[n].map(lambda v: isinstance(v, str)).all() and runs[n].nunique() <= _FEW
    ]
    figure = path.with_name(f"{path.stem}_{against}.svg")
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = texts[0] if texts else None
    replace_file(figure, lambda file: draw_rewards(runs, against, kind, file))
    sections = held_out_sections(table, runs, names, against, kind)
    sections += [] if before is None else before_after_sections(table, before)
    if selection.best is not None:
        sections += temperature_markdown(temperature_rows(table.summaries()[selection.best]))
    replace_text(path, _markdown(table, selection, runs, names, sections, against, command, figure.name))
    _print(runs, names, selection, console)
    console.print(Markdown("\n".join(sections)))


def _columns(names: list[str]) -> list[tuple[str, str]]:
    """Key and title of each column of the table."""
    ends = (("reward", "final reward"), ("kl", "KL"), ("unique", "unique samples"), ("steps", "steps"))
    return [("number", "#"), *((name, name) for name in names), *ends, ("verdict", "verdict")]


def _cells(row: dict[str, Any], columns: list[tuple[str, str]]) -> list[str]:
    return [_value(key, row[key]) for key, _ in columns]


def _value(key: str, value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if key in ("reward", "kl"):
        return f"{value:.2f}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _markdown(
    table: SweepTable,
    selection: Selection,
    runs: pd.DataFrame,
    names: list[str],
    sections: list[str],
    against: str,
    command: str,
    figure: str,
) -> str:
    columns = [*_columns(names), ("evidence", "evidence")]
    configs = list(table.configs().values())
    dates = sorted(text[:10] for text in table.runs["created_at"])
    seeds = sorted({str(config.get(SEED)) for config in configs})
    lines = [
        f"# The sweep `{table.sweep.name}`",
        "",
        f"Made by `{command}`; runs of {' to '.join(dict.fromkeys((dates[0], dates[-1])))}, seed"
        f" {', '.join(seeds)}. All numbers are computed from what the runs logged, and all verdicts"
        " come from the health checks ([metrics.md](../metrics.md)). An unhealthy run ends at once.",
        "",
        selection.conclusion,
        "",
        f"![Final reward against {against}]({figure})",
        "",
        "Each vertical line goes from the training reward at the start of a run to that at its end. The"
        " numbers are those of the table.",
        "",
        "| " + " | ".join(title for _, title in columns) + " |",
        "|" + " --- |" * len(columns),
    ]
    for row in runs.to_dict("records"):
        cells = [cell.replace("|", "\\|") for cell in _cells(row, columns)]  # type: ignore[arg-type]
        bold = row["id"] == selection.best
        lines.append("| " + " | ".join(f"**{c}**" if bold and c else c for c in cells) + " |")
    lines += [
        *sections,
        "",
        f"## By {against}",
        "",
        f"| {against} | runs | final reward | verdicts |",
        "|" + " --- |" * 4,
    ]
    for value, group in runs.groupby(against):
        verdicts = ", ".join(f"{n} {v}" for v, n in group["verdict"].value_counts(sort=False).items())
        low, high = group["reward"].min(), group["reward"].max()
        span = f"{low:.2f}" if len(group) == 1 else f"{low:.2f} to {high:.2f}"
        numbers = ", ".join(map(str, group["number"]))
        lines.append(f"| {value:g} | {numbers} | {span} | {verdicts} |")
    lines += _written(table, selection, runs)
    lines += ["", "## Settings of all runs", "", _shared(configs), ""]
    return "\n".join(lines)


def _written(table: SweepTable, selection: Selection, runs: pd.DataFrame) -> list[str]:
    """Completions of the chosen run, and of the unhealthy or unfinished run with the highest reward."""
    others = runs[~runs["verdict"].isin(COMPARABLE)].sort_values("reward", ascending=False)
    shown = [run for run in (selection.best, *others["id"][:1]) if run in table.scored]
    lines = ["", "## Completions", ""] if shown else []
    for run in shown:
        row = runs.set_index("id").loc[run]
        samples = table.scored[str(run)].head(_SHOWN)
        lines += [f"Run {row['number']}, {row['verdict']}, at step {samples[STEP].max()}:", ""]
        for prompt, text in samples[["prompt", "completion"]].itertuples(index=False):
            lines += [f"> **{_quoted(prompt)}** {_quoted(text)}", ""]
    return lines[:-1]


def _quoted(text: str) -> str:
    """A text on one line, with Markdown's special characters escaped."""
    return re.sub(r"([\\`*_<>|\[\]#])", r"\\\1", " ".join(text.split()))


def _shared(configs: list[dict[str, Any]]) -> str:
    """Settings that are equal in all runs, without health limits."""
    first = configs[0]
    same = {
        name: value
        for name, value in sorted(first.items())
        if value is not None
        and not name.startswith(("_", "health_", "config_hash"))
        and all(config.get(name) == value for config in configs)
    }
    return ", ".join(f"`{name}` {value}" for name, value in same.items())


def _print(runs: pd.DataFrame, names: list[str], selection: Selection, console: Console) -> None:
    columns = _columns(names)
    shown = Table(*(title for _, title in columns), box=box.SIMPLE_HEAD)
    for row in runs.to_dict("records"):
        style = "bold green" if row["id"] == selection.best else None
        style = style or (None if row["verdict"] in COMPARABLE else "yellow")
        shown.add_row(*map(escape, _cells(row, columns)), style=style)  # type: ignore[arg-type]
    console.print(shown)
