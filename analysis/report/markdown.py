"""The result as Markdown: a table that can be pasted into an issue or a paper's appendix."""

from typing import Any


def result_markdown(result: dict[str, Any]) -> str:
    """Summary, all runs with their verdicts, and the recommended defaults.

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
        f"- Starting model: {_number(result['starter_objective'])}",
        f"- Best run: {_number(result['best_objective'])}",
        *_recommended(result["recommended_point"]),
        "",
        "## All runs",
        "",
        _row(
            ["#", "Run", *(f"`{name}`" for name in swept), "Steps", "Objective", "KL", "Verdict", "Evidence"]
        ),
        _row(["---"] * (len(swept) + 7)),
    ]
    for run in runs:
        steps = (
            str(run["steps"]) if run["planned_steps"] is None else f"{run['steps']}/{run['planned_steps']}"
        )
        cells = [
            str(run["rank"] or "–"),
            run["id"],
            *(_value(run["parameters"].get(name)) for name in swept),
            steps,
            _number(run["objective"]),
            _number(run["kl"]),
            run["verdict"],
            run["evidence"],
        ]
        best = run["id"] == result["best_run"]
        lines.append(_row([f"**{cell}**" if best and cell else cell for cell in cells]))
    if result["best_run"] is not None:
        chosen = next(run for run in runs if run["id"] == result["best_run"])
        lines += ["", "## Recommended defaults", ""]
        lines += [f"- `{name}`: {_value(value)}" for name, value in chosen["parameters"].items()]
        lines += ["", "With these doubts:" if result["doubts"] else "No doubts remain.", ""]
        lines += [f"- {doubt}" for doubt in result["doubts"]]
    return "\n".join(lines).rstrip() + "\n"


def _recommended(point: dict[str, Any] | None) -> list[str]:
    """The recommended point of the frontier of score and drift, as an item of a list."""
    if point is None:
        return []
    where = f"{point['id']} at step {point['step']}"
    return [f"- Best score for its drift: {where}, {_number(point['value'])} at √KL {point['root_kl']:.3f}"]


def _names(runs: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run["parameters"]))


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
