"""Prints whether plasmid sweeps made their starter better by quality control, from their `result.json`.

::

    for seed in 0 1 2; do make sweep SEED=$seed; cp runs/latest/result.json seed_$seed.json; done
    python benchmarks/improvement.py seed_0.json seed_1.json seed_2.json
    python benchmarks/improvement.py --json seed_*.json

The criteria, of the chosen run at its last rung against the starter, on the same held-out prompts: quality
control at least 15 points higher, distinct passing molecules at least twice as many, three or more bacterial
origin families among those that pass, and at least 90 % of its novelty against the training corpus, of all
completions and of the passing ones: that of all falls when noise does.
"""

import json
from pathlib import Path
from typing import Any

import click

POINTS, FACTOR, FAMILIES, NOVELTY = 0.15, 2.0, 3, 0.9


def read_result(path: Path) -> dict[str, Any]:
    """The content of a `result.json`.

    Raises:
        click.ClickException: If the file is another one.
    """
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{path} is not JSON: {error}") from None
    if not isinstance(result, dict) or not {"quality", "sweep", "best_run"} <= result.keys():
        raise click.ClickException(f"{path} is not the result.json of a sweep")
    return result


def criteria(result: dict[str, Any]) -> dict[str, Any]:
    """Figures of one sweep, and whether each criterion is met; a figure of nothing fails its criterion."""
    quality = result["quality"] or {}
    start, end = quality.get("starter") or {}, quality.get("best") or {}
    row: dict[str, Any] = {"sweep": result["sweep"], "best_run": result["best_run"]}
    for name in ("pass_rate", "distinct_pass_rate", "origin_types", "novelty", "passing_novelty"):
        row[name] = [start.get(name), end.get(name)]
    row["reference"] = [result["starter_objective"], result["best_objective"]]
    if None in (*row["pass_rate"], *row["distinct_pass_rate"], *row["novelty"], end.get("origin_types")):
        return {**row, "met": {}, "all": False}
    met = {
        "pass_rate": end["pass_rate"] >= start["pass_rate"] + POINTS,
        "distinct_pass_rate": end["distinct_pass_rate"] >= FACTOR * start["distinct_pass_rate"],
        "origin_types": end["origin_types"] >= FAMILIES,
        "novelty": end["novelty"] >= NOVELTY * start["novelty"],
        "passing_novelty": (end.get("passing_novelty") or 0.0)
        >= NOVELTY * (start.get("passing_novelty") or 0.0),
    }
    return {**row, "met": met, "all": all(met.values())}


@click.command(help=__doc__.split("\n\n", maxsplit=1)[0], epilog="Example: improvement.py seed_*.json")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def main(results: tuple[Path, ...], as_json: bool) -> None:
    """Print the table of the given files."""
    rows = [{"file": str(path), **criteria(read_result(path))} for path in results]
    if as_json:
        click.echo(json.dumps(rows))
        return
    click.echo("| sweep | QC | distinct QC | origin families | novelty | of passing | reference | met |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for row in rows:
        cells = [
            f"{_text(row[name][0], form)} → {_text(row[name][1], form)}"
            for name, form in (
                ("pass_rate", ".1%"),
                ("distinct_pass_rate", ".1%"),
                ("origin_types", ".0f"),
                ("novelty", ".3f"),
                ("passing_novelty", ".3f"),
                ("reference", ".3f"),
            )
        ]
        missed = [name for name, good in row["met"].items() if not good]
        verdict = "all" if row["all"] else "not " + ", ".join(missed or ["measured"])
        click.echo(f"| {Path(row['file']).stem} | {' | '.join(cells)} | {verdict} |")


def _text(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


if __name__ == "__main__":
    main()
