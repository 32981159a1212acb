import pytest

from analysis.table import history_frame
from analysis.verdict import Kind, judge
from tests.analysis.recorded import METRIC, rows, sweep

SWEEP = sweep("lr")
HEALTHY = {10: 0.35, 60: 0.5}


def verdict(
    scores=HEALTHY, steps=60, *, state="finished", outcome="finished", of=SWEEP, change=None, summary=None
):
    logged = rows(scores, steps)
    if change:
        change(logged)
    written = {"outcome": outcome, "outcome_step": steps, "starter/score": 0.3, **(summary or {})}
    written = {key: value for key, value in written.items() if value is not None}
    return judge(of, state, {"max_steps": 60}, written, history_frame(logged))


def test_a_whole_run_above_the_starting_model_is_healthy():
    found = verdict()
    assert found.kind is Kind.HEALTHY
    assert found.evidence == "+0.2000 against the starting model"


def test_a_whole_run_that_ends_below_the_starting_model_is_not_learning_whatever_its_peak():
    assert verdict({10: 0.9, 60: 0.29}).kind is Kind.NOT_LEARNING


def test_for_a_metric_to_minimize_lower_is_learning():
    assert verdict({60: 0.1}, of=sweep("lr", maximize=False)).kind is Kind.HEALTHY
    assert verdict({60: 0.5}, of=sweep("lr", maximize=False)).kind is Kind.NOT_LEARNING


@pytest.mark.parametrize(
    ("state", "outcome", "kind", "evidence"),
    [
        ("running", None, Kind.UNFINISHED, "still running at step 33"),
        ("finished", "failed", Kind.FAILED, "failed at step 33"),
        ("failed", "out of memory", Kind.FAILED, "out of memory at step 33"),
        ("crashed", None, Kind.FAILED, "crashed at step 33"),
        ("killed", None, Kind.FAILED, "killed at step 33"),
        ("finished", "preempted", Kind.UNFINISHED, "preempted at step 33 and not resumed"),
        ("finished", "stopped early", Kind.STOPPED_EARLY, "stopped at step 33 of 60"),
        ("finished", None, Kind.STOPPED_EARLY, "stopped at step 33 of 60"),
        ("finished", "unhealthy", Kind.UNSTABLE, "the agent found it unhealthy at step 33"),
    ],
)
def test_a_run_that_ended_short(state, outcome, kind, evidence):
    found = verdict({10: 0.35}, 33, state=state, outcome=outcome)
    assert (found.kind, found.step, found.evidence) == (kind, 33, evidence)


def test_a_short_run_of_a_sweep_without_early_stops_is_unfinished():
    found = verdict({10: 0.35}, 33, outcome=None, of=sweep("lr", stops_early=False))
    assert (found.kind, found.evidence) == (Kind.UNFINISHED, "ended at step 33 of 60")


def test_a_run_that_never_logged_the_metric_is_unfinished():
    assert verdict({}).evidence == f"never logged {METRIC}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("collapsed: 12% of completions are distinct (starter: 100%)", Kind.COLLAPSED),
        ("KL diverging: KL 1.734 nats/token is above 1.5", Kind.KL_DIVERGING),
        ("reward hacking: reward up, held-out score down", Kind.REWARD_HACKING),
        ("not learning: flat", Kind.NOT_LEARNING),
        ("not finite: loss is NaN or infinite", Kind.UNSTABLE),
    ],
)
def test_a_logged_finding_decides_before_an_early_stop(text, kind):
    found = verdict(
        outcome="stopped early", change=lambda logged: logged[20].update({"health/finding": text})
    )
    assert (found.kind, found.step, found.evidence) == (kind, 21, text)


def test_the_earliest_finding_counts():
    def change(logged):
        logged[40]["health/finding"] = "collapsed: later"
        logged[20]["health/finding"] = "KL diverging: earlier"

    assert verdict(change=change).kind is Kind.KL_DIVERGING


@pytest.mark.parametrize("key", ["train/loss", "train/kl", METRIC])
def test_a_nan_is_unstable_at_its_step(key):
    found = verdict(change=lambda logged: logged[14].update({key: "NaN"}))
    assert (found.kind, found.step, found.evidence) == (
        Kind.UNSTABLE,
        15,
        f"{key} is not a number at step 15",
    )


def test_a_nan_in_a_side_metric_is_no_verdict():
    assert (
        verdict(change=lambda logged: logged[14].update({"reward_components/cds/mean": "NaN"})).kind
        is Kind.HEALTHY
    )
