import numpy as np
import pytest

from agent.health.checks import HealthLimits
from agent.health.collapse import degenerate as judge_samples
from agent.health.diversity import is_dna, measure
from tests.analysis.stories import RUNS, sound, templated


def drawn(writer, seed, count=20):
    rng = np.random.default_rng(seed)
    return [writer(rng) for _ in range(count)]


def degenerate(samples, start, step):
    return judge_samples(samples, start, HealthLimits(), step)


START = drawn(sound, 1000)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("run", RUNS)
def test_the_fourteen_published_runs_get_their_published_verdicts(run, seed):
    _, is_degenerate, writer = RUNS[run]
    found = degenerate(drawn(writer, [seed, run]), START, 2000)
    assert (found is not None) == is_degenerate, found
    if found:
        assert (found.kind, found.step) == ("collapsed", 2000)


def test_only_the_template_share_detects_templates():
    """The authors' measures miss them: all twenty samples are distinct, with a word overlap far below 0.7."""
    found = measure(drawn(lambda rng: templated(rng, 1.0), 5), START)
    assert found.unique_fraction == 1
    assert found.similarity < 0.4
    assert found.template_share > 0.8


def test_samples_of_the_starting_model_give_no_alarm():
    alarms = sum(degenerate(drawn(sound, seed), START, 0) is not None for seed in range(100))
    assert alarms == 0


def test_identical_samples_and_identical_starts_are_degenerate():
    assert "distinct samples 5%" in degenerate([START[0]] * 20, START, 1).evidence
    same_start = [f"{START[0].split('.')[0]}. {other}" for other in START]
    found = degenerate(same_start, START, 1)
    assert found.evidence.startswith("distinct first sentences 5%")


def dna(rng, length=600):
    return "".join(rng.choice(list("ACGT"), length))


def test_dna_that_repeats_one_molecule_is_degenerate_and_random_dna_is_not():
    rng = np.random.default_rng(0)
    start = [dna(rng) for _ in range(20)]
    assert is_dna(start)
    assert not is_dna(START)
    core = dna(rng)
    alike = [dna(rng, 30) + core + dna(rng, 30) for _ in range(20)]
    assert measure(alike, start).unique_fraction == 1
    assert degenerate(alike, start, 5).evidence.startswith("overlap of samples")
    assert degenerate([dna(rng) for _ in range(20)], start, 5) is None


def test_no_samples_give_no_finding():
    assert degenerate([], START, 1) is None
    assert degenerate(START, [], 1) is None
