"""A figure of the final training reward of each run by one swept parameter."""

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.classify.verdict_kinds import VerdictKind
from analysis.report.colours import VERDICT_COLOURS

MARKERS = "osD^v"
"""Markers for the kinds of reward."""

_SPREAD = 0.24
"""Largest sideways offset of a run from its value, as a share of the distance between two values."""

_CLOSE = 8
"""Maximum number of runs of one value whose labels fit side by side."""


def draw_rewards(runs: pd.DataFrame, against: str, kind: str | None, path: Path) -> None:
    """Draws the final reward of each run by the value of a parameter, in the colours of the verdicts.

    Values are evenly spaced, because a logarithmic axis cannot show 0.

    Args:
        runs: See `analysis.publish.runs_table.runs_table`.
        against: The parameter.
        kind: A parameter whose values have different markers; None for one marker.
        path: Path of the figure, which is an SVG whatever its name.
    """
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axis = figure.subplots()
    values = sorted(runs[against].unique())
    kinds = [None] if kind is None else list(dict.fromkeys(runs[kind]))
    for place, value in enumerate(values):
        group = runs[runs[against] == value].sort_values("reward")
        for rank, (offset, row) in enumerate(
            zip(_offsets(len(group)), group.to_dict("records"), strict=True)
        ):
            marker = MARKERS[kinds.index(None if kind is None else row[kind]) % len(MARKERS)]
            colour = VERDICT_COLOURS[VerdictKind(row["verdict"])]
            axis.plot(
                [place + offset] * 2, [row["start"], row["reward"]], color=colour, linewidth=1, alpha=0.5
            )
            axis.plot(place + offset, row["reward"], marker, color=colour, markersize=8)
            axis.annotate(
                str(row["number"]), (place + offset, row["reward"]), (0, _label_height(rank, len(group))),
                textcoords="offset points", ha="center", fontsize=7,
            )  # fmt: skip
    axis.set_xticks(range(len(values)), [f"{value:g}" for value in values])
    axis.set_xlabel(against)
    axis.set_ylabel("training reward at the end")
    axis.set_ylim(-0.03, 1.08)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(handles=_legend(runs, kinds), fontsize=7, frameon=False, ncols=2)
    with matplotlib.rc_context({"svg.hashsalt": "sweepfarm"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def _offsets(count: int) -> list[float]:
    return [0.0] if count == 1 else [float(x) for x in np.linspace(-_SPREAD, _SPREAD, count)]


def _label_height(rank: int, count: int) -> int:
    """Height of a label above its marker, in points; where markers are close, every second is higher."""
    return 16 if count > _CLOSE and rank % 2 else 7


def _legend(runs: pd.DataFrame, kinds: list[str | None]) -> list[Line2D]:
    grey = {"color": "#555555", "linestyle": "none"}
    shapes = [
        Line2D([], [], marker=MARKERS[i % len(MARKERS)], label=name, **grey)  # type: ignore[arg-type]
        for i, name in enumerate(kinds)
        if name is not None
    ]
    colours = [
        Line2D(
            [], [], marker="o", linestyle="none", color=VERDICT_COLOURS[VerdictKind(verdict)], label=verdict
        )
        for verdict in dict.fromkeys(runs["verdict"])
    ]
    return [*shapes, *colours]
