"""The report as one self-contained HTML page: no network, readable in dark and light."""

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
from analysis.read.samples import TABLE, ends
from analysis.read.table import SweepTable
from analysis.report import figures as curves
from analysis.report import parameter_figures as parameters
from analysis.report.colours import BEST_COLOUR, VERDICT_COLOURS

LONG = ("components", "interaction", "parameters")
"""Sections whose pictures are unreadable below a certain width; a narrow screen scrolls them sideways."""

LONGEST = 600
"""Most characters shown of a prompt, a completion or an explanation."""


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
        samples=ends(table.scored.get(selection.best or "")),
        samples_key=TABLE,
        longest=LONGEST,
        long=LONG,
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
    """Key, title, explanation and picture of each section of the page, in order."""
    drawn, runs = len(curves.drawn_runs(assessment, selection)), len(assessment.runs)
    some = f" {drawn} of {runs} runs are drawn." if drawn < runs else ""
    warned = "".join(f" Note: {warning}." for warning in importance.warnings)
    top = list(importance.table["parameter"][:2])
    telling = len(top) == 2 and bool(importance.table["stands_out"].any())
    pair = interaction(table, assessment, *top) if telling else None
    return [
        (
            "objective",
            "Objective",
            "Held-out score at the rungs. The choice rests on the last value at one common step,"
            " not on a peak." + some,
            curves.objective_figure(table, assessment, selection),
        ),
        (
            "components",
            "Reward components",
            "Mean of each component over the completions of a training step.",
            curves.components_figure(table, assessment, selection),
        ),
        (
            "kl",
            "KL divergence",
            "How far each run has drifted from the starting weights.",
            curves.kl_figure(table, assessment, selection),
        ),
        (
            "gradient",
            "Gradient norm",
            "Before clipping.",
            curves.gradient_figure(table, assessment, selection),
        ),
        (
            "frontier",
            "Score against drift",
            "Every rung of every sound run. Of two points with the same score, the one nearer to the"
            " starting model is the safer. The line joins the points that no nearer one beats.",
            parameters.frontier_figure(frontier, table.sweep.metric),
        ),
        (
            "importance",
            "What decided",
            f"Share of each swept parameter in being among the best quarter of {importance.runs} runs"
            f" (PED-ANOVA); bars with 90 % of the bootstrap samples, in blue where more than chance.{warned}",
            parameters.importance_figure(importance),
        ),
        (
            "interaction",
            "The two foremost parameters together",
            "Mean final score, and the number of runs behind it.",
            None if pair is None else parameters.interaction_figure(pair),
        ),
        (
            "parameters",
            "Swept parameters",
            "One line per run, coloured by its final objective. Drag along an axis to keep a range; drag an"
            " axis title to reorder.",
            parameters.parameters_figure(table, assessment),
        ),
    ]


def _bare(figure: go.Figure) -> dict[str, Any]:
    """A figure's traces and layout without plotly's default template; the page's script gives the colours."""
    figure.update_layout(template="none")
    plain: dict[str, Any] = json.loads(figure.to_json())
    return plain


def _script_json(data: object) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
