"""Sweep tables built from a few numbers per run, in the form of a download."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.read.sweep import Sweep
from analysis.read.table import SweepTable, history_frame, runs_frame

METRIC = "objective/score"
RUNGS = (10, 20, 40, 60)


def sweep(
    *swept: str,
    log_scaled: Sequence[str] = (),
    stops_early: bool = True,
    metric: str = METRIC,
    maximize: bool = True,
) -> Sweep:
    return Sweep(
        "me/plasmid/s1",
        "a sweep",
        "FINISHED",
        "bayes",
        metric,
        maximize,
        swept,
        tuple(log_scaled),
        stops_early,
    )


def rows(
    scores: Mapping[int, float],
    steps: int,
    signals: Mapping[str, Sequence[float] | float] | None = None,
    metric: str = METRIC,
) -> list[dict[str, Any]]:
    """Rows as `scan_history` yields them: one per training step 1…steps, with the metric at the rungs."""
    result = []
    for step in range(1, steps + 1):
        row: dict[str, Any] = {"_step": step, "_runtime": 2.0 * step, "_timestamp": 1e9 + step}
        for key, values in (signals or {}).items():
            row[key] = values if isinstance(values, int | float) else values[step - 1]
        if step in scores:
            row[metric] = scores[step]
        result.append(row)
    return result


class Recorder:
    """Collects runs and makes a `SweepTable` of them."""

    def __init__(self, of: Sweep) -> None:
        self._sweep = of
        self._rows: list[dict[str, Any]] = []
        self._histories: dict[str, Any] = {}
        self._samples: dict[str, pd.DataFrame] = {}

    def run(
        self,
        id: str,
        history: Sequence[Mapping[str, Any]],
        *,
        state: str = "finished",
        config: Mapping[str, Any] | None = None,
        summary: Mapping[str, Any] | None = None,
        name: str | None = None,
        samples: Mapping[int, Sequence[str]] | None = None,
    ) -> "Recorder":
        self._histories[id] = history_frame(history)
        if samples is not None:
            drawn = [(step, text) for step, texts in samples.items() for text in texts]
            self._samples[id] = pd.DataFrame(drawn, columns=["step", "completion"])
        last = int(history[-1]["_step"]) if history else -1
        self._rows.append(
            {
                "id": id,
                "name": name or id,
                "state": state,
                "created_at": f"2026-01-01T00:{len(self._rows):02d}:00",
                "last_step": last,
                "config": json.dumps({"max_steps": 60, "lr": len(self._rows), **(config or {})}),
                "summary": json.dumps({"outcome_step": last, "starter/score": 0.3, **(summary or {})}),
            }
        )
        return self

    def table(self) -> SweepTable:
        return SweepTable(self._sweep, runs_frame(self._rows), self._histories, self._samples)


def plasmid_sweep(runs: int = 8, seed: int = 0) -> SweepTable:
    """A realistic sweep: runs that learn, early stops, one diverging KL, one failure."""
    rng = np.random.default_rng(seed)
    recorder = Recorder(
        sweep(
            "learning_rate",
            "beta",
            "num_generations",
            "reward_punish_mode",
            log_scaled=("learning_rate", "beta"),
        )
    )
    for i in range(runs):
        rate = 10 ** rng.uniform(-6, -4)
        gain = 0.12 * (np.log10(rate) + 6)
        outcome, steps = ("stopped early", 20) if gain < 0.09 else ("finished", 60)
        if i == 3:
            outcome, steps = "failed", 33
        config = {
            "learning_rate": rate,
            "beta": 10 ** rng.uniform(-4, -2),
            "num_generations": int(rng.choice([4, 8, 16])),
            "reward_punish_mode": bool(rng.integers(2)),
            "seed": 42,
            "model": "starter",
            "config_hash": f"hash{i}",
        }
        progress = np.arange(1, steps + 1) / 60
        total = 0.35 + gain * 1.5 * progress + rng.normal(0, 0.02, steps)
        signals: dict[str, Any] = {
            "reward_components/total_reward/mean": total.tolist(),
            "train/kl": (0.4 * gain * progress + 1e-4 + rng.exponential(0.002, steps)).tolist(),
            "train/grad_norm": rng.uniform(0.2, 1.0, steps).tolist(),
            "train/loss": rng.normal(0, 0.01, steps).tolist(),
        }
        for component in ("ori", "promoter", "terminator", "marker", "cds", "length"):
            level = rng.uniform(0.2, 0.6)
            signals[f"reward_components/{component}/mean"] = np.clip(
                level + gain * progress * rng.uniform(0, 2) + rng.normal(0, 0.03, steps), 0, 1
            ).tolist()
        scores = {
            step: float(0.3 + gain * step / 60 + rng.normal(0, 0.008)) for step in RUNGS if step <= steps
        }
        history = rows(scores, steps, signals)
        summary = {"outcome": outcome}
        if i == 5:
            summary = {
                "outcome": "unhealthy",
                "health/finding": "KL diverging",
                "health/finding_step": steps,
                "health/evidence": "KL 1.734 nats/token is above 1.5",
            }
        state = "failed" if outcome == "failed" else "finished"
        recorder.run(f"run{i}", history, state=state, config=config, summary=summary, name=f"plasmid-{i}")
    return recorder.table()
