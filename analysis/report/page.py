"""The report as one HTML page that needs no network, in a light and a dark scheme."""

import json
from importlib import resources
from typing import Any

import jinja2
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from analysis.choose.frontier import Frontier
from analysis.choose.importance import Importance, interaction
from analysis.choose.select import Selection
from analysis.classify.assess import Assessment
from analysis.read.samples import TABLE, best_and_worst
from analysis.read.table import SweepTable
from analysis.report import figures as curves
from analysis.report import parameter_figures as parameters
from analysis.report.colours import BEST_COLOUR, VERDICT_COLOURS
from analysis.report.temperatures import temperature_table

WIDE = ("components", "interaction", "parameters", "quality")
"""Sections whose figures have a minimum width; a narrow screen scrolls them sideways."""

MAX_CHARACTERS = 600
"""Maximum number of characters shown of a prompt, a completion or an explanation."""


def page(
    table: SweepTable,
    assessment: Assessment,
    selection: Selection,
    importance: Importance,
    frontier: Frontier,
    result: dict[str, Any],
) -> str:
    """The HTML text of the report; the same data give the same bytes."""
    everything = _sections(table, assessment, selection, importance, frontier)
    sections = [(key, title, text, figure) for key, title, text, figure in everything if figure is not None]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(
        resources.files("analysis.report").joinpath("page.html.j2").read_text("utf-8")
    )
    return template.render(
        result=result,
        sweep=table.sweep,
        colours={str(kind): colour for kind, colour in VERDICT_COLOURS.items()},
        best_colour=BEST_COLOUR,
        sections=[(key, title, text) for key, title, text, _ in sections],
        temperatures=temperature_table(result["temperatures"]),
        samples=best_and_worst(table.scored.get(selection.best or "")),
        samples_key=TABLE,
        max_characters=MAX_CHARACTERS,
        wide=WIDE,
        figures=_script_json({key: _bare(figure) for key, _, _, figure in sections}),
        plotly=get_plotlyjs(),
    )


def _sections(
    table: SweepTable,
    assessment: Assessment,
    selection: Selection,
    importance: Importance,
    frontier: Frontier,
) -> list[tuple[str, str, str, go.Figure | None]]:
    """Key, title, explanation and figure of each section of the page, in order; the figure may be None."""
    drawn, runs = len(curves.drawn_runs(assessment, selection)), len(assessment.runs)
    drawn_text = f" {drawn} of {runs} runs are drawn." if drawn < runs else ""
    warnings = "".join(f" Note: {warning}." for warning in importance.warnings)
    top = list(importance.table["parameter"][:2])
    show_pair = len(top) == 2 and bool(importance.table["stands_out"].any())
    pair = interaction(table, assessment, *top) if show_pair else None
    return [
        (
            "objective",
            "Objective",
            "The metric of the sweep by training step. Runs are compared by their last value at one common"
            " step, not by their peak." + drawn_text,
            curves.objective_figure(table, assessment, selection),
        ),
        (
            "quality",
            "Quality control",
            "Figures of the quality control of the held-out completions at the rungs; no run trains on them.",
            curves.quality_figure(table, assessment, selection),
        ),
        (
            "components",
            "Reward components",
            "Mean of each component over the completions of one training step.",
            curves.components_figure(table, assessment, selection),
        ),
        (
            "kl",
            "KL divergence",
            "How far each run has drifted from the starting weights, in nats per token.",
            curves.kl_figure(table, assessment, selection),
        ),
        (
            "gradient",
            "Gradient norm",
            "The norm of the gradient before clipping.",
            curves.gradient_figure(table, assessment, selection),
        ),
        (
            "frontier",
            "Score against drift",
            "One point per rung of each run that was not unhealthy. The line joins the points with the best"
            " score for their drift. Of two points with the same score, the one with less drift is safer.",
            parameters.frontier_figure(frontier, table.sweep.metric),
        ),
        (
            "importance",
            "Parameter importance",
            "How much each swept parameter decides whether a run is among the best quarter, as a share of the"
            f" sum (PED-ANOVA over {importance.runs} runs). Error bars span 90% of the bootstrap samples. A"
            f" blue bar is longer than chance explains.{warnings}",
            parameters.importance_figure(importance),
        ),
        (
            "interaction",
            "The two most important parameters together",
            "Mean final objective, with the number of runs in brackets.",
            None if pair is None else parameters.interaction_figure(pair),
        ),
        (
            "parameters",
            "Swept parameters",
            "One line per run, coloured by its final objective. Drag along an axis to select a range. Drag"
            " the title of an axis to move the axis.",
            parameters.parameters_figure(table, assessment),
        ),
    ]


def _bare(figure: go.Figure) -> dict[str, Any]:
    """A figure's traces and layout without plotly's default template; the page's script sets the colours."""
    figure.update_layout(template="none")
    plain: dict[str, Any] = json.loads(figure.to_json())
    return plain


def _script_json(data: object) -> str:
    """JSON that is safe inside a script element."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
