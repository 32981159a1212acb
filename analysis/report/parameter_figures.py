"""Figures of the swept parameters, and of score against drift."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.choose.frontier import Frontier
from analysis.choose.importance import Importance, Interaction
from analysis.classify.assess import Assessment
from analysis.read.table import STEP, SweepTable
from analysis.report.colours import BEST_COLOUR

MAX_AXES = 11
"""Axes of parallel coordinates that fit the page; a figure with more is wider than the page and scrolls."""

SCORE_SCALE = [[0, "#8B7FB8"], [0.5, "#D1588E"], [1, "#F0A52E"]]
"""Colours from low to high objective, all visible on a light and on a dark background."""

PALE = "#8C8C8C"
"""Grey for less important bars and points."""


def parameters_figure(table: SweepTable, assessment: Assessment) -> go.Figure | None:
    """Parallel coordinates of the swept parameters and the objective; None where no parameter varies."""
    runs = assessment.runs[assessment.runs["objective"].notna()].set_index("id")
    parameters = table.parameters().loc[runs.index]
    swept = [name for name in table.sweep.swept if parameters[name].map(repr).nunique() > 1]
    if not swept or runs.empty:
        return None
    dimensions = [_dimension(name, parameters[name], name in table.sweep.log_scaled) for name in swept]
    scores = runs["objective"].astype(float)
    dimensions.append({"label": "objective", "values": scores.tolist(), "tickformat": ".3f"})
    line = {"color": scores.tolist(), "colorscale": SCORE_SCALE, "showscale": False}
    figure = go.Figure(go.Parcoords(dimensions=dimensions, line=line, labelangle=-28, labelside="bottom"))
    figure.update_layout(height=470, margin={"l": 120, "r": 60, "t": 30, "b": 150})
    if len(dimensions) > MAX_AXES:
        figure.update_layout(width=105 * len(dimensions))
    return figure


def _dimension(name: str, values: pd.Series, log_scaled: bool) -> dict[str, Any]:
    """One axis of the parallel coordinates: linear or logarithmic for numbers, else categories."""
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    distinct = sorted(set(values)) if numeric else sorted({_text(value) for value in values})
    if numeric and len(distinct) > 6:
        numbers = values.astype(float)
        if not log_scaled or (numbers <= 0).any():
            return {"label": name, "values": numbers.tolist(), "tickformat": ".3~g"}
        logarithms = np.log10(numbers)
        ticks = np.linspace(logarithms.min(), logarithms.max(), 5)
        texts = [f"{10**tick:.2g}" for tick in ticks]
        return {"label": name, "values": logarithms.tolist(), "tickvals": ticks.tolist(), "ticktext": texts}
    places = {value: place for place, value in enumerate(distinct)}
    codes = [places[value if numeric else _text(value)] for value in values]
    texts = [f"{value:g}" if numeric else str(value) for value in distinct]
    return {"label": name, "values": codes, "tickvals": list(places.values()), "ticktext": texts}


def _text(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def importance_figure(importance: Importance) -> go.Figure | None:
    """Bars of importance with bootstrap intervals; None for fewer than two parameters."""
    table = importance.table[::-1]
    if len(table) < 2:
        return None
    errors = {
        "type": "data",
        "symmetric": False,
        "array": (table["high"] - table["importance"]).clip(lower=0).tolist(),
        "arrayminus": (table["importance"] - table["low"]).clip(lower=0).tolist(),
        "thickness": 1.2,
        "color": "#B8860B",
    }
    bars = go.Bar(
        x=table["importance"].tolist(),
        y=table["parameter"].tolist(),
        orientation="h",
        marker={"color": [BEST_COLOUR if stands else PALE for stands in table["stands_out"]]},
        error_x=errors,
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_xaxes(title="importance (share of the sum)", rangemode="tozero")
    return figure.update_layout(height=110 + 26 * len(table), showlegend=False)


def interaction_figure(interaction: Interaction) -> go.Figure:
    """Heat map of the mean objective by two parameters, with the number of runs in each cell."""
    cells = [
        [f"{mean:.3f} ({count})" if count else "" for mean, count in zip(*pair, strict=True)]
        for pair in zip(interaction.mean, interaction.count, strict=True)
    ]
    heat = go.Heatmap(
        z=[[None if np.isnan(value) else float(value) for value in row] for row in interaction.mean],
        x=list(interaction.x_labels),
        y=list(interaction.y_labels),
        text=cells,
        texttemplate="%{text}",
        textfont={"color": "#14181D"},
        colorscale=SCORE_SCALE,
        hovertemplate=f"{interaction.x} %{{x}}<br>{interaction.y} %{{y}}<br>%{{text}}<extra></extra>",
        showscale=False,
        xgap=3,
        ygap=3,
    )
    figure = go.Figure(heat)
    figure.update_xaxes(title=interaction.x, type="category", showgrid=False)
    figure.update_yaxes(title=interaction.y, type="category", showgrid=False)
    return figure.update_layout(height=120 + 60 * len(interaction.y_labels))


def frontier_figure(frontier: Frontier, metric: str) -> go.Figure | None:
    """Score against drift, one point per rung of each run; None where no KL was logged."""
    points = frontier.points
    if points.empty or frontier.recommended is None:
        return None
    text = [f"{run} at step {step}" for run, step in zip(points["id"], points[STEP], strict=True)]
    on = points["on_frontier"]
    figure = go.Figure(
        [
            _dots(points[~on], [t for t, keep in zip(text, on, strict=True) if not keep], "markers", PALE, 5),
            _dots(
                points[on],
                [t for t, keep in zip(text, on, strict=True) if keep],
                "lines+markers",
                "#E69F00",
                8,
            ),
        ]
    )
    best = points.to_dict("records")[frontier.recommended]
    figure.add_annotation(
        x=float(best["root_kl"]),
        y=float(best["value"]),
        text=f"recommended: {best['id']} at step {best[STEP]}",
        ax=0,
        ay=-34,
        arrowwidth=1.2,
        arrowcolor=PALE,
    )
    figure.update_xaxes(title="square root of KL", rangemode="tozero")
    figure.update_yaxes(title=metric)
    return figure.update_layout(height=400, showlegend=False)


def _dots(points: pd.DataFrame, text: list[str], mode: str, colour: str, size: int) -> go.Scatter:
    return go.Scatter(
        x=points["root_kl"].tolist(),
        y=points["value"].tolist(),
        text=text,
        mode=mode,
        line={"color": colour, "width": 2},
        marker={"color": colour, "size": size},
        hovertemplate="%{y:.4f}, %{text}<extra></extra>",
    )
