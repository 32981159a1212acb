"""Saves the result as a W&B Report."""

import os
from importlib.util import find_spec
from typing import Any

from agent.health.drift import GRAD_NORM, HELD_OUT_KL, KL
from agent.health.reward import TOTAL_REWARD
from analysis.errors import AnalysisError
from analysis.read.table import GLOBAL_STEP
from analysis.report.markdown import result_markdown

PACKAGE = "wandb-workspaces"
"""Package that W&B's client needs for reports; this project's extra `reports` installs it."""


def require_package() -> None:
    """Checks that the package for reports is installed.

    Raises:
        AnalysisError: If the package is not installed.
    """
    if find_spec("wandb_workspaces") is None:
        raise AnalysisError(f"a W&B Report needs one more package: pip install {PACKAGE}")


def save_report(result: dict[str, Any]) -> str:
    """Address of a new W&B Report in the sweep's project: the text of `report.md`, and W&B's live plots.

    Args:
        result: See `analysis.report.result.result_data`.

    Raises:
        AnalysisError: If the package is not installed, or the server does not accept the report.
    """
    require_package()
    import wandb
    import wandb_workspaces.reports.v2 as reports
    from wandb.sdk.lib.service.service_connection import WandbApiFailedError

    entity, project, sweep = result["sweep"].split("/")
    metric, swept = result["metric"], list(result["runs"][0]["parameters"])
    runs = reports.Runset(entity=entity, project=project, name=sweep, filters=f"Sweep == '{sweep}'")
    curves = [
        reports.LinePlot(title=key, x=GLOBAL_STEP, y=[key])
        for key in dict.fromkeys((metric, TOTAL_REWARD, HELD_OUT_KL, KL, GRAD_NORM))
    ]
    axes = [reports.ParallelCoordinatesPlotColumn(reports.Config(name)) for name in swept]
    axes.append(reports.ParallelCoordinatesPlotColumn(reports.SummaryMetric(metric)))
    parameters = [
        reports.ParallelCoordinatesPlot(columns=axes),
        reports.ParameterImportancePlot(with_respect_to=metric),
    ]
    report = reports.Report(
        entity=entity,
        project=project,
        title=f"Sweep {sweep}",
        description=result["conclusion"],
        blocks=[
            reports.MarkdownBlock(result_markdown(result)),
            reports.PanelGrid(runsets=[runs], panels=[*curves, *parameters]),
        ],
        width="fluid",
    )
    try:
        report.save()
    except (wandb.Error, WandbApiFailedError, ValueError) as error:
        where = os.environ.get("WANDB_BASE_URL", "W&B")
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise AnalysisError(
            f"{where} did not accept the W&B Report ({reason}). On W&B's own server, check that the account"
            f" may write to {entity}/{project}. The embedded server has no reports: use report.html"
        ) from error
    return str(report.url)
