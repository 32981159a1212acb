"""Prints the result in the terminal."""

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analysis.classify.verdict_kinds import COMPARABLE
from analysis.report.numbers import shown_number
from analysis.report.quality import quality_text
from analysis.report.temperatures import temperature_lines

WORSE_STYLE = "yellow"

MAX_ROWS = 40
"""Maximum number of runs in the table."""


def print_result(result: dict[str, Any], console: Console) -> None:
    """Prints the ranked table and the conclusion."""
    table = Table(box=box.SIMPLE_HEAD, title=f"Sweep {escape(result['sweep'])}", title_justify="left")
    for title, justify in (("#", "right"), ("run", "left"), ("verdict", "left"), ("steps", "right")):
        table.add_column(title, justify=justify, no_wrap=title == "run")  # type: ignore[arg-type]
    for title in ("objective", "KL"):
        table.add_column(title, justify="right")
    table.add_column("evidence", overflow="fold")
    for run in result["runs"][:MAX_ROWS]:
        best = run["id"] == result["best_run"]
        planned = "" if run["planned_steps"] is None else f"/{run['planned_steps']}"
        table.add_row(
            str(run["rank"] or "–"),
            escape(run["id"]),
            escape(run["verdict"]),
            f"{run['steps']}{planned}",
            shown_number(run["objective"]),
            shown_number(run["kl"]),
            escape(run["evidence"]),
            style="bold green" if best else None if run["verdict"] in COMPARABLE else WORSE_STYLE,
        )
    console.print(table)
    if len(result["runs"]) > MAX_ROWS:
        console.print(f"... and {len(result['runs']) - MAX_ROWS} more runs: see the page or result.json\n")
    console.print(escape(result["conclusion"]))
    # Paths and addresses are not wrapped, so that they can be copied and clicked.
    for label, text in (
        ("Starting model", shown_number(result["starter_objective"])),
        ("Best run", shown_number(result["best_objective"])),
        *_quality(result["quality"]),
        *temperature_lines(result["temperatures"]),
        *[("Temperatures", text) for text in [result["temperature_statement"]] if text],
        ("Chosen config", result["chosen_config"] or "none"),
        *[("Designs", text) for text in [", ".join(result["designs"])] if text],
        ("Page", result["page"]),
    ):
        console.print(f"{label + ':':<15} {escape(text)}", soft_wrap=True)


def _quality(quality: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Lines with the quality control of the starting model and of the chosen configuration."""
    if quality is None:
        return []
    starter = [("QC at start", quality_text(quality["starter"]))] if quality["starter"] else []
    return [*starter, ("QC of best", quality_text(quality["best"]))]
