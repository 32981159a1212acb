"""The result as Markdown, for an issue or an appendix."""

from typing import Any

from analysis.report.numbers import shown_number
from analysis.report.quality import PASS_RATE, RATES
from analysis.report.temperatures import temperature_markdown


def result_markdown(result: dict[str, Any]) -> str:
    """Markdown of the conclusion, all runs with their verdicts, and the chosen configuration.

    Args:
        result: See `analysis.report.result.result_data`.
    """
    runs = result["runs"]
    swept = [name for name in _names(runs) if len({repr(run["parameters"].get(name)) for run in runs}) > 1]
    lines = [
        f"# Sweep {result['sweep']}",
        "",
        result["conclusion"],
        "",
        f"- Goal: {result['goal']} `{result['metric']}`",
        f"- Objective of the starting model: {shown_number(result['starter_objective'])}",
        f"- Objective of the chosen configuration: {shown_number(result['best_objective'])}",
        *_recommended(result["recommended_point"]),
        *_quality(result["quality"]),
        *temperature_markdown(result["temperatures"]),
        "",
        "## All runs",
        "",
    ]
    rates = [PASS_RATE, "distinct_pass_rate"] if result["quality"] else []
    named, rated = [f"`{name}`" for name in swept], [f"`qc/{name}`" for name in rates]
    heads = ["#", "Run", *named, "Steps", "Objective", *rated, "KL", "Verdict", "Evidence"]
    lines += [_row(heads), _row(["---"] * len(heads))]
    for run in runs:
        steps = (
            str(run["steps"]) if run["planned_steps"] is None else f"{run['steps']}/{run['planned_steps']}"
        )
        cells = [
            str(run["rank"] or "–"),
            run["id"],
            *(_value(run["parameters"].get(name)) for name in swept),
            steps,
            shown_number(run["objective"]),
            *(shown_number((run["quality"] or {}).get(name)) for name in rates),
            shown_number(run["kl"]),
            run["verdict"],
            run["evidence"],
        ]
        best = run["id"] == result["best_run"]
        lines.append(_row([f"**{cell}**" if best and cell else cell for cell in cells]))
    if result["best_run"] is not None:
        chosen = next(run for run in runs if run["id"] == result["best_run"])
        lines += ["", "## Chosen configuration", "", "The swept parameters:", ""]
        lines += [f"- `{name}`: {_value(value)}" for name, value in chosen["parameters"].items()]
        lines += ["", "Doubts:" if result["doubts"] else "Doubts: none.", ""]
        lines += [f"- {doubt}" for doubt in result["doubts"]]
    return "\n".join(lines).rstrip() + "\n"


def _recommended(point: dict[str, Any] | None) -> list[str]:
    """The recommended point of score and drift as a list item."""
    if point is None:
        return []
    where = f"{point['id']} at step {point['step']}"
    score = f"{shown_number(point['value'])} at √KL {point['root_kl']:.3f}"
    return [f"- Least drift with a score within noise of the best: {where}, {score}"]


def _quality(quality: dict[str, Any] | None) -> list[str]:
    """The figures of the quality control as a table."""
    if quality is None:
        return []
    starter, best = quality["starter"] or {}, quality["best"]
    rows = [
        _row([f"`qc/{name}`", shown_number(starter.get(name)), shown_number(best.get(name))])
        for name in [*RATES, *sorted({*starter, *best} - set(RATES))]
    ]
    heads = ["Figure", "Starting model", "Chosen configuration"]
    return ["", "## Quality control", "", _row(heads), _row(["---"] * 3), *rows]


def _names(runs: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run["parameters"]))


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
