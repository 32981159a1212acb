import pandas as pd
import pytest

from agent.health.checks import HealthLimits
from analysis.classify import sweep_checks
from analysis.classify.record import record
from analysis.classify.verdict import Peers, peers, verdict_of
from analysis.classify.verdict_kinds import VerdictKind
from analysis.read.table import history_frame
from tests.analysis.recorded import METRIC, rows, sweep

SWEEP = sweep("lr")
HEALTHY = {10: 0.35, 60: 0.5}
ALONE = Peers(noise=0.01, kl_bound=float("inf"))


def made(
    scores=HEALTHY,
    steps=60,
    *,
    state="finished",
    outcome="finished",
    of=SWEEP,
    change=None,
    config=None,
    **more,
):
    logged = rows(scores, steps, more.pop("signals", None), metric=of.metric)
    if change:
        change(logged)
    written = {"outcome": outcome, "outcome_step": steps, "starter/score": 0.3, **more}
    written = {key: value for key, value in written.items() if value is not None}
    return record(of, "r", "name", state, {"max_steps": 60, **(config or {})}, written, history_frame(logged))


def verdict(*args, of=SWEEP, peers=ALONE, **options):
    return verdict_of(of, made(*args, of=of, **options), peers)


def test_a_complete_run_above_the_starting_model_is_healthy():
    found = verdict()
    assert found.kind is VerdictKind.HEALTHY
    assert found.evidence == "+0.2000 against the start"


def test_a_gain_within_noise_is_not_learning():
    # The difference of two measurements has a standard error of 0.01 * sqrt(2); 2.5 times that is 0.0354.
    found = verdict({10: 0.30, 60: 0.32})
    assert (found.kind, found.evidence) == (
        VerdictKind.NOT_LEARNING,
        "+0.0200 against the start, within noise (±0.0354)",
    )
    assert verdict({10: 0.30, 60: 0.34}).kind is VerdictKind.HEALTHY
    assert verdict({10: 0.30, 60: 0.20}).evidence.endswith("worse by more than noise (±0.0354)")


def test_a_warning_explains_a_run_that_did_not_learn():
    signals = {"train/zero_variance_groups": [1.0] * 60}
    found = verdict({10: 0.30, 60: 0.32}, signals=signals)
    assert found.kind is VerdictKind.NOT_LEARNING
    assert found.evidence.endswith(
        "; no signal at step 6: 100% of groups have equal rewards and train nothing"
    )
    assert verdict(signals=signals).evidence == "+0.2000 against the start"


def test_without_a_starting_score_the_first_value_is_the_reference():
    found = verdict({10: 0.35, 60: 0.5}, **{"starter/score": None})
    assert found.evidence == "+0.1500 against the start"


def test_a_falling_minimised_metric_is_healthy():
    assert verdict({60: 0.1}, of=sweep("lr", maximize=False)).kind is VerdictKind.HEALTHY
    assert verdict({60: 0.5}, of=sweep("lr", maximize=False)).kind is VerdictKind.NOT_LEARNING


@pytest.mark.parametrize(
    ("state", "outcome", "kind", "evidence"),
    [
        ("running", None, VerdictKind.UNFINISHED, "still running at step 33"),
        ("finished", "failed", VerdictKind.FAILED, "failed at step 33"),
        ("failed", "out of memory", VerdictKind.FAILED, "out of memory at step 33"),
        ("crashed", None, VerdictKind.FAILED, "crashed at step 33"),
        ("killed", None, VerdictKind.FAILED, "killed at step 33"),
        ("finished", "preempted", VerdictKind.UNFINISHED, "preempted at step 33 and not resumed"),
        ("finished", "stopped early", VerdictKind.STOPPED_EARLY, "stopped at step 33 of 60"),
        ("finished", None, VerdictKind.STOPPED_EARLY, "stopped at step 33 of 60"),
        ("finished", "unhealthy", VerdictKind.UNSTABLE, "the agent found the run unhealthy"),
    ],
)
def test_verdict_of_a_run_that_ended_before_its_last_step(state, outcome, kind, evidence):
    found = verdict({10: 0.35}, 33, state=state, outcome=outcome)
    assert (found.kind, found.step, found.evidence) == (kind, 33, evidence)


STOPPED_BY_SERVER = {
    "_sweepfarm/stop_kind": "hyperband",
    "_sweepfarm/stop_reason": "Hyperband at rung 2: 0.3 is below 0.4",
}


@pytest.mark.parametrize(
    ("state", "outcome"), [("killed", None), ("finished", "preempted"), ("finished", None)]
)
def test_an_early_stop_recorded_only_by_the_server_is_recognised(state, outcome):
    found = verdict({10: 0.35}, 33, state=state, outcome=outcome, **STOPPED_BY_SERVER)
    assert found.kind is VerdictKind.STOPPED_EARLY
    assert found.evidence == "stopped at step 33 of 60. Hyperband at rung 2: 0.3 is below 0.4"


def test_a_stop_recorded_for_a_complete_run_is_ignored():
    assert verdict(**STOPPED_BY_SERVER).kind is VerdictKind.HEALTHY


def test_a_run_stopped_by_a_user_is_unfinished():
    words = {"_sweepfarm/stop_kind": "user", "_sweepfarm/stop_reason": "asked for by a client"}
    found = verdict({10: 0.35}, 33, state="killed", outcome=None, **words)
    assert (found.kind, found.evidence) == (VerdictKind.UNFINISHED, "asked for by a client, at step 33")


def test_a_short_run_of_a_sweep_without_early_stops_is_unfinished():
    found = verdict({10: 0.35}, 33, outcome=None, of=sweep("lr", stops_early=False))
    assert (found.kind, found.evidence) == (VerdictKind.UNFINISHED, "ended at step 33 of 60")


def test_a_run_that_never_logged_the_metric_is_unfinished():
    assert verdict({}).evidence == f"never logged {METRIC}"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("collapsed", VerdictKind.COLLAPSED),
        ("KL diverging", VerdictKind.KL_DIVERGING),
        ("reward hacking", VerdictKind.REWARD_HACKING),
        ("not finite", VerdictKind.UNSTABLE),
    ],
)
def test_a_finding_of_the_agent_overrides_an_early_stop(written, kind):
    summary = {"health/finding": written, "health/finding_step": 20, "health/evidence": "because"}
    found = verdict({10: 0.35}, 33, outcome="stopped early", **summary)
    assert (found.kind, found.step, found.evidence) == (kind, 20, "because")


@pytest.mark.parametrize("key", ["train/loss", "train/kl", METRIC])
def test_a_nan_is_unstable_at_its_step(key):
    found = verdict(change=lambda logged: logged[14].update({key: "NaN"}))
    assert (found.kind, found.step, found.evidence) == (VerdictKind.UNSTABLE, 15, f"{key} is NaN or infinite")


def test_a_nan_in_a_side_metric_is_ignored():
    found = verdict(change=lambda logged: logged[14].update({"reward_components/cds/mean": "NaN"}))
    assert found.kind is VerdictKind.HEALTHY


def test_kl_above_the_bound_of_the_run_is_diverging():
    def change(logged):
        for row, kl in zip((logged[9], logged[59]), (0.2, 0.9), strict=True):
            row["objective/kl"] = kl

    assert verdict(change=change, config={"health_kl_max": 1.5}).kind is VerdictKind.HEALTHY
    found = verdict(change=change, config={"health_kl_max": 0.5})
    assert (found.kind, found.step) == (VerdictKind.KL_DIVERGING, 60)
    assert found.evidence == "KL 0.900 nats/token is above 0.5"


def test_kl_far_above_the_other_runs_is_diverging_if_no_bound_is_stated():
    runs = [made(signals={"train/kl": kl}) for kl in (0.01, 0.02, 0.03, 0.19)]
    together = peers(runs)
    assert together.kl_bound == 0.12
    kinds = [verdict_of(SWEEP, run, together).kind for run in runs]
    assert kinds == [VerdictKind.HEALTHY, VerdictKind.HEALTHY, VerdictKind.HEALTHY, VerdictKind.KL_DIVERGING]


def test_a_small_kl_is_never_diverging():
    runs = [made(signals={"train/kl": kl}) for kl in (0.0001, 0.0001, 0.01)]
    assert [verdict_of(SWEEP, run, peers(runs)).kind for run in runs] == [VerdictKind.HEALTHY] * 3


def test_a_persistent_high_gradient_is_unstable_and_a_spike_is_not():
    calm = [0.5] * 60
    spike = [0.5] * 30 + [40.0] + [0.5] * 29
    rising = [0.5] * 30 + [20.0] * 30
    assert verdict(signals={"train/grad_norm": calm}).kind is VerdictKind.HEALTHY
    assert verdict(signals={"train/grad_norm": spike}).kind is VerdictKind.HEALTHY
    found = verdict(signals={"train/grad_norm": rising})
    # At the third high step the median of 6 steps is 10.25, midway between 0.5 and 20.
    assert (found.kind, found.step) == (VerdictKind.UNSTABLE, 33)


def test_lost_diversity_is_collapsed():
    found = verdict(signals={"health/unique_fraction": [1.0] * 20 + [0.2] * 40})
    assert found.kind is VerdictKind.COLLAPSED
    assert 20 < found.step <= 26


FALL = {10: 0.4, 20: 0.6, 40: 0.5, 60: 0.4}


def test_a_fall_from_the_peak_is_unstable():
    found = verdict(FALL)
    assert (found.kind, found.step) == (VerdictKind.UNSTABLE, 20)
    assert found.evidence == "held-out score fell from 0.6000 at step 20 to 0.4000"


def test_a_fall_while_the_training_reward_rises_is_reward_hacking():
    key = "reward_components/total_reward/mean"
    found = verdict(FALL, signals={key: [step / 60 for step in range(60)]})
    assert (found.kind, found.step) == (VerdictKind.REWARD_HACKING, 20)
    assert "while the training reward rose from" in found.evidence
    assert verdict(FALL, signals={key: [1 - step / 60 for step in range(60)]}).kind is VerdictKind.UNSTABLE


def test_the_training_reward_as_metric_gives_no_reward_hacking():
    key = "reward_components/total_reward/mean"
    of = sweep("lr", metric=key)
    found = verdict({}, of=of, signals={key: [0.3 + step / 100 for step in range(60)]})
    assert found.kind is VerdictKind.HEALTHY


def fallen(score, noise, sign=1):
    series = pd.Series(score, index=range(1, len(score) + 1))
    return sweep_checks.fallen(series, None, score[0], noise, HealthLimits(), sign)


def test_a_fall_within_noise_gives_no_finding():
    assert fallen([0.3, 0.52, 0.5], noise=0.01) is None


def test_a_small_fall_after_a_large_gain_gives_no_finding():
    assert fallen([0.3, 0.80, 0.75], noise=0.001) is None
    assert fallen([0.3, 0.80, 0.65], noise=0.001) is not None
    assert fallen([0.7, 0.20, 0.35], noise=0.001, sign=-1) is not None
