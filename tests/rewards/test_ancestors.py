"""Mistakes of earlier systems (W1 to W18) that this reward must not repeat.

A small formula of an earlier system is written out and shown to fail on the input that ours handles.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from agent.config.run import RunConfig
from agent.training.scoring import SuiteReward, component_statistics
from rewards.base import Evaluation, Reward, Sample
from rewards.compose import RewardSuite, Weighted
from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.components.cassette import Cassette
from rewards.plasmid.components.cds import Cds
from rewards.plasmid.components.length import Length
from rewards.plasmid.components.letters import Letters
from rewards.plasmid.components.marker import Marker
from rewards.plasmid.components.ori import Ori
from rewards.plasmid.components.repeats import Repeats
from rewards.plasmid.components.terminator import Terminator
from rewards.plasmid.counting import count_score
from rewards.plasmid.suite import COUNTED, PlasmidRewardConfig, plasmid_suite, reference_suite
from server.search.bayes import bayes_point
from server.search.hyperband import hyperband_rungs
from server.search.space import parse_sweep_config
from server.search.trial import Trial
from tests.rewards.plasmids import (
    AMPR,
    PUC_ORI,
    config,
    designed_plasmid,
    library_sequence,
    random_dna,
    real_plasmids,
    reverse_complement,
    whole,
)

SWEEP = yaml.safe_load((Path(__file__).parents[2] / "sweep_config.yaml").read_text())


def ancestor_count_score(count: int, low: int, high: int, punish: bool, factor: float) -> float:
    """Count score of PlasmidRL. Its later commits use factor 1.0."""
    if high <= 0:
        return 0.0
    if count < low:
        return count / low * (0.5 if punish else 1.0)
    if count > high:
        return factor if punish else 1.0
    return 1.0


def terminators_only(**values: Any) -> PlasmidRewardConfig:
    weights = {f"reward_{name}_weight": 0.0 for name in COUNTED if name != "terminator"}
    return config(weights | {"reward_location_aware": False} | values)


def test_w1_no_swept_weights_give_every_sequence_the_best_score() -> None:
    # Earlier: with weight on terminators only and no punishment, every sequence scored exactly 1.
    assert {ancestor_count_score(n, 0, 2, False, 1.0) for n in (0, 1, 50)} == {1.0}
    suite = plasmid_suite(terminators_only())
    totals = suite.score([whole(random_dna(3000, 1)), whole(designed_plasmid())]).totals
    assert totals[0] < 0.6 < totals[1]


def test_w1_the_objective_does_not_depend_on_the_swept_reward() -> None:
    samples = [whole(sequence) for sequence in real_plasmids()[:8]]
    one, other = (
        plasmid_suite(terminators_only()),
        plasmid_suite(PlasmidRewardConfig(reward_punish_mode=True)),
    )
    assert one.score(samples).totals.tolist() != other.score(samples).totals.tolist()
    assert (
        reference_suite().score(samples).totals.tolist() == reference_suite().score(samples).totals.tolist()
    )
    assert SWEEP["metric"]["name"] == "objective/score"


def test_w2_early_stopping_acts_before_the_end() -> None:
    # Earlier: 100 steps logged every 5 gave 20 values, and the first rung was the 20th, the last one.
    assert 20 >= 100 // 5
    rungs = hyperband_rungs(parse_sweep_config(SWEEP).early_terminate)
    logged = len(RunConfig(max_steps=100).rung_steps)
    assert any(rung <= logged // 2 for rung in rungs)


@pytest.mark.parametrize("batch", SWEEP["parameters"]["per_device_train_batch_size"]["values"])
@pytest.mark.parametrize("group", SWEEP["parameters"]["num_generations"]["values"])
def test_w3_every_batch_and_group_size_of_the_space_is_valid(batch: int, group: int) -> None:
    config = RunConfig(per_device_train_batch_size=batch, num_generations=group)
    assert config.completions_per_step % group == 0
    assert config.completions_per_step % batch == 0


def test_w4_all_zero_weights_and_crossed_limits_are_errors() -> None:
    with pytest.raises(ValidationError, match="all weights are 0"):
        config({f"reward_{name}_weight": 0.0 for name in COUNTED})
    with pytest.raises(ValidationError, match=r"reward_min_length .* is above reward_ideal_min_length"):
        PlasmidRewardConfig(reward_min_length=5000)
    with pytest.raises(ValidationError, match=r"reward_ideal_max_length .* is above reward_max_length"):
        PlasmidRewardConfig(reward_ideal_max_length=20_000, reward_max_length=15_000)


def test_w5_every_parameter_has_an_effect() -> None:
    # Earlier: marker_max was ignored always, and every other maximum without punish_mode.
    markers = whole(random_dna(900, 1) + library_sequence(AMPR) + library_sequence("KanR (aph(3')-Ia)"))
    one, two = (Marker(1, high)([markers])[0].score or 0.0 for high in (1, 2))
    assert one < two == 1.0
    assert ancestor_count_score(6, 1, 5, False, 1.0) == 1.0 > count_score(6, 6, 1, 5, False)
    # Earlier: punish_mode had no effect below a minimum of 1. Here a partial feature shows its effect.
    assert count_score(0.5, 0.5, 1, 5, True) < count_score(0.5, 0.5, 1, 5, False)


def test_w6_the_search_uses_the_last_value_and_not_the_best() -> None:
    space = {
        "method": "bayes",
        "metric": {"name": "objective/score", "goal": "maximize"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}},
    }
    spec = parse_sweep_config(space)
    # Runs with x near 1 peaked high and ended low. The search uses only the end.
    trials = [Trial({"x": i / 20}, "finished", value=1.0 - i / 20, at_rung={1: i / 20}) for i in range(20)]
    chosen = [bayes_point(spec, trials, seed)["x"] for seed in range(20)]
    assert np.mean(chosen) < 0.5


def test_w7_evaluation_does_not_leak_into_the_training_statistics() -> None:
    training = SuiteReward(reference_suite(), ("ori",), group_size=1)
    training(["ATG"], [designed_plasmid()])
    reference_suite().score([whole(random_dna(2000, 1))] * 4)  # a rung is scored separately
    row = training.of_step()
    assert row["reward_components/total_reward/min"] == row["reward_components/total_reward/max"] > 0.5


@dataclass(frozen=True)
class Picky(Reward):
    name: str = "picky"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        return [
            Evaluation(None, "broken") if s.completion == "bad" else Evaluation(1.0, "fine") for s in samples
        ]


def test_w8_an_unscored_completion_is_counted_and_not_zero() -> None:
    # Earlier: 0 in training, and left out of the logged mean.
    scores = RewardSuite([Weighted(Picky(), 1.0)]).score([Sample("", "good"), Sample("", "bad")])
    assert math.isnan(scores.totals[1])
    assert scores.unscored == 1
    row = component_statistics([scores])
    assert row["reward_components/unscored"] == 1.0
    assert row["reward_components/total_reward/mean"] == 1.0
    empty = reference_suite().score([Sample("ATG", "")])
    assert empty.totals.tolist() == [0.0]  # an empty completion is scored 0, not unscored
    assert empty.unscored == 0


def test_w9_a_run_is_identified_by_its_complete_configuration() -> None:
    # Earlier: by its start time in seconds, so that replicas shared a folder.
    one, other = RunConfig(seed=1), RunConfig(seed=2)
    assert one.config_hash != other.config_hash
    assert one.config_hash == RunConfig(seed=1).config_hash
    assert json.dumps(one.flat())


def test_w12_the_order_of_features_matters_within_the_allowed_counts() -> None:
    # Earlier: the bonus was added to a count score of 1 and clipped: it only offset the cost of extra genes.
    assert min(1.0, ancestor_count_score(1, 1, 5, True, 0.5) + 0.5 * 20 / 40) == 1.0
    near, far = whole(designed_plasmid(gap=20)), whole(designed_plasmid(gap=600))
    genes = [evaluation.score for evaluation in Cds(1, 5)([near, far])]
    assert genes[0] == genes[1] == 1.0
    order = [evaluation.score or 0.0 for evaluation in Cassette()([near, far])]
    assert order[0] > order[1] + 0.2
    aware = plasmid_suite(PlasmidRewardConfig(reward_location_aware=True)).score([near, far]).totals
    blind = plasmid_suite(PlasmidRewardConfig(reward_location_aware=False)).score([near, far]).totals
    assert aware[0] - aware[1] > blind[0] - blind[1]


def test_w13_the_length_bonus_leaves_headroom() -> None:
    # Earlier: base x (1 + 0.7085), clipped, so that every base above 0.585 scored exactly 1.
    assert min(1.0, 0.6 * 1.7085) == min(1.0, 0.9 * 1.7085) == 1.0
    length = Length(bonus=0.7)
    assert max(length.score(n) for n in range(0, 40_000, 50)) == 1.0
    assert 0.6 * length.score(5000) < 0.9 * length.score(5000) < 1.0


def test_w14_punish_mode_never_raises_a_score() -> None:
    # Earlier: outside the limits the factor was 1.0 with punish_mode and 0.5 without.
    for n in range(0, 60_000, 500):
        assert Length(punish_mode=True).score(n) <= Length(punish_mode=False).score(n)
    assert Length(punish_mode=True).score(500) < Length(punish_mode=False).score(500)


def test_w15_sixty_genes_are_worse_than_six() -> None:
    assert ancestor_count_score(6, 1, 5, True, 0.5) == ancestor_count_score(60, 1, 5, True, 0.5)
    for punish in (True, False):
        assert count_score(60, 60, 1, 5, punish) < 0.3 * count_score(6, 6, 1, 5, punish)


def test_w16_repeats_are_weighted_by_their_bases_and_found_around_the_circle() -> None:
    # Earlier: 0.1 per merged region, so that a homopolymer cost less than one repeated 50-mer.
    unit, rest = random_dna(50, 1), random_dna(2000, 2)
    other = random_dna(2000, 3)
    homopolymer, pair = whole("A" * 5000), whole(rest + unit + other + unit)
    across = whole(unit[25:] + rest + unit + other + unit[:25])
    scores = [evaluation.score for evaluation in Repeats(50)([homopolymer, pair, across])]
    assert scores[0] == 0.0
    assert scores[1] == scores[2] == pytest.approx(1 - 0.3 - 100 / 4100)


def test_w17_one_ori_counts_once_on_either_strand_and_across_the_origin() -> None:
    ori = library_sequence(PUC_ORI)
    for sequence in (ori, reverse_complement(ori)):
        for cut in (0, 200):
            text = sequence[cut:] + random_dna(2000, 5) + sequence[:cut]
            (evaluation,) = Ori(1, 1)([whole(text)])
            assert evaluation.score == 1.0
            assert len(evaluation.spans) == 1
            (span,) = evaluation.spans
            assert 0 <= span.start < len(text) >= span.end


def test_w18_text_other_than_dna_scores_zero() -> None:
    # Earlier: letters other than A, C, G, T were deleted: prose became DNA, and garbage in a gene vanished.
    words = "A cat that acts at a gala; tactical attack! "
    assert len([letter for letter in words.upper() if letter in "ATCG"]) > 20
    plasmid = designed_plasmid()
    garbled = "".join(base + ("#" if number % 7 == 0 else "") for number, base in enumerate(plasmid))
    clean, dirty, prose = (whole(text) for text in (plasmid, garbled, words * 40))
    totals = reference_suite().score([clean, dirty, prose]).totals
    assert totals[0] > 0.9
    assert totals[1] == totals[2] == 0.0
    assert Letters()([dirty])[0].message.startswith(f"{garbled.count('#') - garbled[:12].count('#')} of ")
    (annotation,) = default_annotator().annotate([garbled])
    assert annotation.length == len(garbled)


def test_a_plasmid_without_terminator_scores_zero_for_terminators() -> None:
    (evaluation,) = Terminator(1, 3)([whole(random_dna(2000, 1))])
    assert evaluation.score == 0.0
