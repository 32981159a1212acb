"""The result as a W&B Report, where the account and the server allow one."""

import os
from importlib.util import find_spec
from typing import Any

from agent.health.drift import GRAD_NORM, HELD_OUT_KL, KL
from agent.health.reward import TOTAL_REWARD
from analysis.errors import AnalysisError
from analysis.read.table import GLOBAL_STEP
from analysis.report.markdown import result_markdown

PACKAGE = "wandb-workspaces"
"""What W&B's client needs to write reports; the extra `reports` of this project."""


def require_package() -> None:
    """Sees that reports can be written at all, before anything is computed.

    Raises:
        AnalysisError: If the package is not installed.
    """
    if find_spec("wandb_workspaces") is None:
        raise AnalysisError(f"a W&B Report needs one more package: pip install {PACKAGE}")


def save_report(result: dict[str, Any]) -> str:
    """Saves a report in the sweep's project: verdict, table, recommended defaults and W&B's own live plots.

    Args:
        result: See `analysis.report.result.result_data`; the report shows the same text as `report.md`.

    Returns:
        Its address.

    Raises:
        AnalysisError: If the package is not installed, or the server keeps no reports or refuses this one.
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
            f"{where} takes no W&B Report ({reason}); W&B's own server does, if the account may write to"
            f" {entity}/{project}. The embedded server has none: use report.html"
        ) from error
    return str(report.url)
