"""The final evaluation of a run at several sampling temperatures, and where its gain over the starter holds.

See `temperature/...` in docs/metrics.md.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.health.reward import MIN_ERROR
from analysis.read.config import finite_number
from analysis.report.numbers import shown_number
from analysis.stats import LEVEL, margin

NAME = re.compile(r"(?P<starter>starter/)?temperature/(?P<temperature>[^/]+)/(?P<figure>.+)")

FIGURES = {
    "pass_rate": "qc/pass_rate",
    "distinct_pass_rate": "qc/distinct_pass_rate",
    "reference": "reference",
}
"""Key of a figure in a row, and the end of its name in the summary."""
ERRORS = {"pass_rate": "qc/error", "reference": "error"}
"""End of the name of the standard error of a figure. The number of clusters has none."""
TITLES = {"pass_rate": "QC", "distinct_pass_rate": "Distinct QC", "reference": "Reference"}


def temperature_rows(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per temperature of the final evaluation, rising, JSON-ready; empty if the run has none.

    Keys: `temperature`, `completions` (of each model), and `pass_rate`, `distinct_pass_rate` and `reference`;
    each is None or has the keys `starter`, `chosen`, `difference`, and `low` and `high`, the bounds of the
    difference's interval, which are None where a standard error is unknown.

    Args:
        summary: Summary values of the run.
    """
    found: dict[float, dict[str, dict[str, float]]] = {}
    for name, value in summary.items():
        match, number = NAME.fullmatch(name), finite_number(value)
        temperature = None if match is None else _temperature(match["temperature"])
        if match is not None and temperature is not None and number is not None:
            sides = found.setdefault(temperature, {"starter": {}, "chosen": {}})
            sides["starter" if match["starter"] else "chosen"][match["figure"]] = number
    rows = [_row(temperature, **sides) for temperature, sides in sorted(found.items())]
    return [row for row in rows if any(row[key] is not None for key in FIGURES)]


def temperature_statement(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """A sentence on the temperatures at which there is a gain, in QC or else in the reference.

    There is a gain if the interval of the difference is above 0. None if no interval is known.

    Args:
        rows: See `temperature_rows`.
    """
    for key, name in (("pass_rate", "QC"), ("reference", "the reference score")):
        known = [(row["temperature"], row[key]) for row in rows if row[key] and row[key]["low"] is not None]
        if known:
            gains = [temperature for temperature, pair in known if pair["low"] > 0]
            losses = [temperature for temperature, pair in known if pair["high"] < 0]
            every = _listed([temperature for temperature, _ in known])
            if not gains:
                text = f"There is no gain in {name} at any temperature (T = {every})."
            elif len(gains) == len(known):
                text = f"The gain in {name} holds at all temperatures (T = {every})."
            else:
                text = f"There is a gain in {name} at T = {_listed(gains)} only (measured at T = {every})."
            return text + (f" It is a loss at T = {_listed(losses)}." if losses else "")
    return None


def temperature_table(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """The heads and the cells of the table; a figure that no row has gets no column.

    Args:
        rows: See `temperature_rows`.
    """
    keys = [key for key in FIGURES if any(row[key] is not None for row in rows)]
    heads = ["Temperature"]
    for key in keys:
        heads.append(f"{TITLES[key]}, starter → chosen")
        heads += [f"Difference ({LEVEL:.0%} interval)"] * (key in ERRORS)
    return heads, [_cells(row, keys) for row in rows]


def temperature_lines(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """A label and a line for each temperature, for the terminal.

    Args:
        rows: See `temperature_rows`.
    """
    return [
        (
            f"At T = {row['temperature']}",
            ", ".join(f"{title} {_pair(row, key)}" for key, title in TITLES.items() if row[key]),
        )
        for row in rows
    ]


def temperature_markdown(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines of Markdown with the table and the statement; empty without rows.

    Args:
        rows: See `temperature_rows`.
    """
    if not rows:
        return []
    heads, cells = temperature_table(rows)
    table = ["| " + " | ".join(line) + " |" for line in (heads, ["---"] * len(heads), *cells)]
    statement = temperature_statement(rows)
    return ["", "## Temperatures", "", *table, *([] if statement is None else ["", statement])]


def _temperature(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # another program's metric
        return None


def _row(temperature: float, starter: Mapping[str, float], chosen: Mapping[str, float]) -> dict[str, Any]:
    count = chosen.get("completions")
    row: dict[str, Any] = {"temperature": temperature, "completions": None if count is None else int(count)}
    for key, name in FIGURES.items():
        if name not in starter or name not in chosen:
            row[key] = None
            continue
        difference = chosen[name] - starter[name]
        row[key] = {"starter": starter[name], "chosen": chosen[name], "difference": difference}
        if key in ERRORS:
            half = margin(math.hypot(*(_error(key, figures) for figures in (starter, chosen))))
            known = math.isfinite(half)
            row[key] |= {"low": difference - half if known else None}
            row[key] |= {"high": difference + half if known else None}
    return row


def _error(key: str, figures: Mapping[str, float]) -> float:
    """The standard error of a figure, NaN where unknown.

    If all completions of each prompt pass or none does, the estimate is 0; no error of a share is below one
    completion.
    """
    error = figures.get(ERRORS[key], math.nan)
    least = 1 / figures["completions"] if key == "pass_rate" and "completions" in figures else MIN_ERROR
    return max(error, least) if math.isfinite(error) else math.nan


def _cells(row: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    cells = [str(row["temperature"])]
    for key in keys:
        cells.append(_pair(row, key))
        if key in ERRORS:
            cells.append(_difference(key, row[key]))
    return cells


def _pair(row: Mapping[str, Any], key: str) -> str:
    pair = row[key]
    return "–" if pair is None else f"{_shown(key, pair['starter'])} → {_shown(key, pair['chosen'])}"


def _difference(key: str, pair: Mapping[str, Any] | None) -> str:
    if pair is None:
        return "–"
    estimate, low, high = (pair[name] for name in ("difference", "low", "high"))
    if low is None:
        return f"{_signed(key, estimate)} (no interval)"
    return f"{_signed(key, estimate)} ({_signed(key, low)} to {_signed(key, high)})"


def _shown(key: str, value: float) -> str:
    return shown_number(value) if key == "reference" else f"{value:.1%}"


def _signed(key: str, value: float) -> str:
    return f"{value:+.4f}" if key == "reference" else f"{value:+.1%}"


def _listed(temperatures: Sequence[float]) -> str:
    """The temperatures as a text such as `0.5, 0.8 and 1.0`."""
    texts = [str(temperature) for temperature in temperatures]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
