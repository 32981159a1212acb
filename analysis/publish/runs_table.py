"""The table of runs on a results page: parameters, final reward, diversity and verdict."""

import math
from typing import Any

import pandas as pd

from agent.health.collapse import UNIQUE
from agent.health.reward import TOTAL_REWARD
from analysis.classify.assess import Assessment
from analysis.read.series import logged, trailing_mean
from analysis.read.table import SweepTable

TAIL = 5
"""Number of training steps over which the final reward is averaged; fewer if a run has fewer."""

HELD_OUT_UNIQUE = "objective/unique_fraction"


def runs_table(table: SweepTable, assessment: Assessment) -> pd.DataFrame:
    """One row per run, in order of creation.

    Returns:
        `id`, the swept parameters (a nested one under the last part of its name), `reward` (training reward
        at the end, mean over `TAIL` steps), `start` (the same at the start), `objective`, `kl`, `unique`
        (distinct held-out completions at the last rung, as "19/20"; empty where unknown), `steps`, `verdict`,
        `evidence`.
    """
    parameters = table.parameters()
    parameters.columns = pd.Index([own_name(str(name)) for name in parameters])
    configs = table.configs()
    assessed = assessment.runs.set_index("id")
    rows = []
    for run in table.runs["id"]:
        history, row = table.histories[run], assessed.loc[run]
        rewards = logged(history, TOTAL_REWARD)
        smooth = trailing_mean(rewards, max(1, min(TAIL, len(rewards))))
        rows.append(
            {
                "id": run,
                **parameters.loc[run],
                "reward": math.nan if smooth.empty else float(smooth.iloc[-1]),
                "start": math.nan if smooth.empty else float(smooth.iloc[0]),
                "objective": row["objective"],
                "kl": row["kl"],
                "unique": _unique(history, configs[run]),
                "steps": int(row["steps"]),
                "verdict": row["verdict"],
                "evidence": row["evidence"],
            }
        )
    return pd.DataFrame(rows)


def own_name(parameter: str) -> str:
    """The last part of the name of a nested parameter."""
    return parameter.rsplit(".", 1)[-1]


def _unique(history: pd.DataFrame, config: dict[str, Any]) -> str:
    """Distinct held-out completions at the last rung, as "19/20", or the share in the last training batch."""
    shares = logged(history, HELD_OUT_UNIQUE)
    if not shares.empty and {"eval_prompts", "eval_samples"} <= config.keys():
        count = int(config["eval_prompts"]) * int(config["eval_samples"])
        return f"{round(float(shares.iloc[-1]) * count)}/{count}"
    batch = logged(history, UNIQUE)
    return "" if batch.empty else f"{float(batch.iloc[-1]):.0%}"
