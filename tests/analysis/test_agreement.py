"""The findings of a run about itself equal those of the analysis of its history."""

from pathlib import Path

import pytest

from agent.config.run import RunConfig
from analysis.classify.record import record
from analysis.classify.verdict import Peers, verdict_of
from analysis.classify.verdict_kinds import VerdictKind
from analysis.read.table import history_frame
from tests.agent.running import changed, run
from tests.analysis.recorded import sweep

NO_BOUND = {"health_kl_max": 1e9, "health_gradient_max": 1e9}


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"learning_rate": 1e-5}, None),
        ({"learning_rate": 0.05, "health_kl_max": 0.01}, VerdictKind.KL_DIVERGING),
        ({"max_steps": 6, "health_gradient_max": 1e-6}, VerdictKind.UNSTABLE),
        ({"learning_rate": 0.5, "beta": 0.0, **NO_BOUND, "health_entropy_min": 0.9}, VerdictKind.COLLAPSED),
        ({"health_zero_variance_max": 0.0, "health_length_ratio": 1.0}, None),
    ],
)
def test_findings_of_the_run_and_of_the_analysis_agree(
    tiny_run: RunConfig, tmp_path: Path, params: dict[str, float], kind: VerdictKind | None
) -> None:
    config = changed(tiny_run, **params)
    outcome, recorder = run(config, tmp_path)
    history = history_frame([{"_step": step, **recorder.numbers(row)} for step, row in recorder.rows])
    # Without the run's own findings in the summary, the analysis has only the logged metrics.
    without_findings = {
        name: value
        for name, value in recorder.summary.items()
        if name.startswith("starter/") or name == "outcome_step"
    }
    of = sweep("lr", stops_early=False)
    read = record(
        of, "r", "name", "finished", config.flat(), {**without_findings, "outcome": "finished"}, history
    )
    assert [(f.kind, f.step, f.evidence) for f in read.health] == sorted(
        ((f.kind, f.step, f.evidence) for f in outcome.findings), key=lambda found: found[1]
    )
    verdict = verdict_of(of, read, Peers(noise=0.01, kl_bound=float("inf")))
    with_findings = verdict_of(
        of,
        record(of, "r", "name", "finished", config.flat(), recorder.summary, history),
        Peers(noise=0.01, kl_bound=float("inf")),
    )
    assert (verdict.kind, verdict.step, verdict.evidence) == (
        with_findings.kind,
        with_findings.step,
        with_findings.evidence,
    )
    if kind is not None:
        assert outcome.name == "unhealthy"
        assert verdict.kind is kind
    else:
        assert outcome.name == "finished"
        assert verdict.kind in (VerdictKind.HEALTHY, VerdictKind.NOT_LEARNING)
