"""The curves of a sweep as plotly figures. The page sets the colours of text and background."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from agent.health.drift import GRAD_NORM, KL
from analysis.choose.select import Selection
from analysis.classify.assess import Assessment
from analysis.classify.verdict_kinds import VerdictKind
from analysis.read.series import POINTS
from analysis.read.table import STEP, SweepTable
from analysis.report.colours import BEST_COLOUR, VERDICT_COLOURS
from analysis.report.quality import QUALITY

COMPONENTS = "reward_components/"

MAX_CURVES = 40
"""Maximum number of runs drawn as curves: the best ones, then the others in order of creation."""


def drawn_runs(assessment: Assessment, selection: Selection) -> list[str]:
    """Ids of the runs that are drawn as curves; the chosen one is last, so that it is on top."""
    ranked = [str(run) for runs in selection.ranking["runs"] for run in runs]
    others = [str(run) for run in assessment.runs["id"] if run not in set(ranked)]
    return (ranked + others)[:MAX_CURVES][::-1]


def objective_figure(table: SweepTable, assessment: Assessment, selection: Selection) -> go.Figure:
    """The objective of each drawn run by training step, with the starting model's value as a line."""
    figure = go.Figure()
    objectives = dict(tuple(assessment.scores.groupby("id")))
    for run in drawn_runs(assessment, selection):
        if run in objectives:
            curve = objectives[run]
            figure.add_trace(
                _curve(assessment, selection, run, curve[STEP], curve["value"], mode="lines+markers")
            )
    if selection.starter is not None:
        figure.add_hline(y=selection.starter, line={"dash": "dot", "width": 1.5, "color": "#888888"})
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=selection.starter, yanchor="bottom",
            text="starting model", showarrow=False,
        )  # fmt: skip
    figure.update_xaxes(title="training step", rangemode="tozero")
    figure.update_yaxes(title=table.sweep.metric)
    return figure.update_layout(height=420, showlegend=False)


def component_keys(table: SweepTable, runs: Sequence[str]) -> list[str]:
    """The keys of the logged reward components: the total first, the others by name."""
    keys = {key for run in runs for key in table.histories[run].columns}
    names = {key for key in keys if key.startswith(COMPONENTS) and key.endswith("/mean")}
    return sorted(names, key=lambda key: ("total_reward" not in key, key))


def components_figure(table: SweepTable, assessment: Assessment, selection: Selection) -> go.Figure | None:
    """One small plot per reward component, its mean by training step; None where none was logged."""
    keys = component_keys(table, drawn_runs(assessment, selection))
    titles = [key.removeprefix(COMPONENTS).removesuffix("/mean").replace("_", " ") for key in keys]
    return _small_figures(table, assessment, selection, keys, titles)


def quality_figure(table: SweepTable, assessment: Assessment, selection: Selection) -> go.Figure | None:
    """One small plot per figure of the quality control, by training step; None where none was logged."""
    logged = {key for run in drawn_runs(assessment, selection) for key in table.histories[run].columns}
    keys = sorted(key for key in logged if key.startswith(QUALITY) and key.count("/") == 1)
    titles = [key.removeprefix(QUALITY).replace("_", " ") for key in keys]
    return _small_figures(table, assessment, selection, keys, titles)


def _small_figures(
    table: SweepTable, assessment: Assessment, selection: Selection, keys: Sequence[str], titles: list[str]
) -> go.Figure | None:
    """One small plot per metric, by training step; None for no metrics."""
    runs = drawn_runs(assessment, selection)
    if not keys:
        return None
    columns = min(4, len(keys))
    rows = math.ceil(len(keys) / columns)
    figure = make_subplots(
        rows, columns, subplot_titles=titles, shared_xaxes=True,
        horizontal_spacing=0.05, vertical_spacing=0.18 / rows,
    )  # fmt: skip
    for run in runs:
        history = table.histories[run]
        for i, key in enumerate(keys):
            if key in history:
                steps, values = thinned(history, key)
                curve = _curve(assessment, selection, run, steps, values)
                figure.add_trace(curve, row=i // columns + 1, col=i % columns + 1)
    for column in range(1, columns + 1):
        last_row = (len(keys) - column) // columns + 1
        figure.update_xaxes(title="training step", showticklabels=True, row=last_row, col=column)
    return figure.update_layout(height=230 * rows + 60, showlegend=False)


def gradient_figure(table: SweepTable, assessment: Assessment, selection: Selection) -> go.Figure | None:
    """Gradient norm by training step, on a logarithmic scale; None where it was never logged."""
    return _log_figure(table, assessment, selection, GRAD_NORM, "gradient norm")


def kl_figure(table: SweepTable, assessment: Assessment, selection: Selection) -> go.Figure | None:
    """KL to the starting weights by training step, on a logarithmic scale; None where it was never logged."""
    return _log_figure(table, assessment, selection, KL, "KL (nats per token)")


def _log_figure(
    table: SweepTable, assessment: Assessment, selection: Selection, key: str, title: str
) -> go.Figure | None:
    """A metric of each drawn run on a logarithmic scale; None where it was never logged."""
    figure = go.Figure()
    for run in drawn_runs(assessment, selection):
        history = table.histories[run]
        if key in history:
            # A logarithmic axis cannot show zero, nor the negative values that an estimate of KL can have.
            steps, values = thinned(history[history[key].isna() | (history[key] > 0)], key)
            if len(steps):
                figure.add_trace(_curve(assessment, selection, run, steps, values))
    if not figure.data:
        return None
    figure.update_xaxes(title="training step", rangemode="tozero")
    figure.update_yaxes(title=title, type="log", exponentformat="power", nticks=6)
    return figure.update_layout(height=380, showlegend=False)


def thinned(history: pd.DataFrame, key: str, points: int = POINTS) -> tuple[pd.Series, pd.Series]:
    """Steps and values of a metric where it was logged, averaged down to at most `points` points."""
    logged = history.loc[history[key].notna(), [STEP, key]]
    if len(logged) > points:
        part = np.arange(len(logged)) * points // len(logged)
        logged = logged.groupby(part).mean()
    return logged[STEP], logged[key]


def _curve(
    assessment: Assessment,
    selection: Selection,
    run: str,
    steps: pd.Series,
    values: pd.Series,
    mode: str = "lines",
) -> go.Scatter:
    """The curve of one run in the colour of its verdict; the chosen run is thicker, in its own colour."""
    row = assessment.runs.set_index("id").loc[run]
    chosen = run == selection.best
    colour = BEST_COLOUR if chosen else VERDICT_COLOURS[VerdictKind(str(row["verdict"]))]
    label = f"{row['name']} ({run}), {row['verdict']}" + (", chosen" if chosen else "")
    return go.Scatter(
        x=steps.tolist(), y=[float(f"{value:.6g}") for value in values], mode=mode, name=label,
        line={"color": colour, "width": 3.5 if chosen else 1.5}, marker={"size": 7 if chosen else 5},
        opacity=1 if chosen else 0.8,
        hovertemplate="%{y:.4f} at step %{x}<extra>%{fullData.name}</extra>",
    )  # fmt: skip
