"""The report as one self-contained HTML page: no network, readable in dark and light."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jinja2
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from analysis import figures
from analysis.assess import Assessment
from analysis.colours import BEST_COLOUR, VERDICT_COLOURS
from analysis.select import Selection
from analysis.table import SweepTable


def page(table: SweepTable, assessment: Assessment, selection: Selection, result: dict[str, Any]) -> str:
    """The HTML text of the report; the same data give the same bytes."""
    drawn = len(figures.drawn_runs(assessment, selection))
    some = f" {drawn} of {len(result['runs'])} runs are drawn." if drawn < len(result["runs"]) else ""
    sections = [
        (
            "objective",
            "Objective",
            "Held-out score at the rungs. The choice rests on the last value at one common step,"
            " not on a peak." + some,
            figures.objective_figure(table, assessment, selection),
        ),
        (
            "components",
            "Reward components",
            "Mean of each component over the completions of a training step.",
            figures.components_figure(table, assessment, selection),
        ),
        (
            "kl",
            "KL divergence",
            "How far each run has drifted from the starting weights.",
            figures.kl_figure(table, assessment, selection),
        ),
        (
            "parameters",
            "Swept parameters",
            "One line per run, coloured by its final objective. Drag along an axis to keep a range; drag an"
            " axis title to reorder.",
            figures.parameters_figure(table, assessment),
        ),
    ]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(
        resources.files("analysis").joinpath("page.html.j2").read_text("utf-8")
    )
    return template.render(
        result=result,
        sweep=table.sweep,
        colours={str(kind): colour for kind, colour in VERDICT_COLOURS.items()},
        best_colour=BEST_COLOUR,
        sections=[(key, title, text) for key, title, text, figure in sections if figure is not None],
        figures=_script_json({key: _bare(figure) for key, _, _, figure in sections if figure is not None}),
        plotly=get_plotlyjs(),
    )


def _bare(figure: go.Figure) -> dict[str, Any]:
    """A figure's traces and layout without plotly's default template; the page's script gives the colours."""
    figure.update_layout(template="none")
    plain: dict[str, Any] = json.loads(figure.to_json())
    return plain


def _script_json(data: object) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
