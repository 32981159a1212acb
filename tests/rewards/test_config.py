"""The plasmid configuration: invalid values, and the effect of every parameter on the score."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rewards.base import Sample
from rewards.plasmid.library.store import load_library
from rewards.plasmid.suite import COUNTED, REFERENCE, PlasmidRewardConfig, plasmid_suite, reference_suite
from tests.rewards.plasmids import (
    AMPR,
    config,
    designed_plasmid,
    library_sequence,
    random_dna,
    real_plasmids,
    substituted,
    whole,
)

STANDARD = ("ori", "promoter", "terminator", "marker", "cds", "length")

SEED_PARAMETERS = {
    "reward_punish_mode",
    "reward_length_penalty",
    "reward_min_length",
    "reward_max_length",
    "reward_promoter_max",
    "reward_terminator_max",
    "reward_marker_max",
    "reward_cds_max",
    "reward_location_aware",
    "reward_ori_weight",
    "reward_promoter_weight",
    "reward_terminator_weight",
    "reward_marker_weight",
    "reward_cds_weight",
}
"""All reward parameters that the original plasmid sweep searches."""


@cache
def bank() -> tuple[Sample, ...]:
    plasmid, long = designed_plasmid(), "".join(real_plasmids()[:20])
    features = [
        library_sequence(name) for name in (AMPR, "ori (pUC/pMB1, high-copy)", "EGFP", "T7 terminator")
    ]
    molecules = [
        plasmid,
        plasmid[:700],
        plasmid[:1500],
        plasmid + features[0],
        plasmid + "".join(features) * 4,
        plasmid + plasmid,
        designed_plasmid(gap=700),
        substituted(plasmid, 0.1, 1),
        plasmid + "A" * 900,
        plasmid + random_dna(60, 99) * 2,
        random_dna(3000, 2),
        random_dna(3000, 3, "AT") + plasmid,
        random_dna(6000, 4, "GC") + plasmid,
        library_sequence("AmpR promoter") * 12 + plasmid,
        long[:14_000],
        long[:35_000],
        # Whole and without repeats, so that only the limits of counts and lengths are crossed.
        *(plasmid + _different_genes(bases) for bases in (8_000, 25_000)),
        plasmid + library_sequence("CmR (cat)") + library_sequence("Km resistance"),
        plasmid + library_sequence("p15A ori"),
        *real_plasmids()[:10],
    ]
    texts = [whole(molecule) for molecule in molecules]
    return (*texts, Sample(plasmid[:100], plasmid[100:] + "here ends the plasmid" * 4))


def _different_genes(bases: int) -> str:
    """Genes of the library, each once, that have this length together or a little more."""
    genes, length = [], 0
    for feature in load_library().features:
        if feature.feature_class == "cds" and len(feature.sequence) > 600 and length < bases:
            genes.append(feature.sequence)
            length += len(feature.sequence)
    return "".join(genes)


@cache
def totals(chosen: PlasmidRewardConfig) -> np.ndarray:
    return plasmid_suite(chosen).score(bank()).totals


CHANGES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    **{f"reward_{name}_weight": (0.0, 2.0, {}) for name in (*COUNTED, "length", "gc")},
    **{f"reward_{name}_min": (0, 2, {f"reward_{name}_max": 5}) for name in COUNTED},
    **{f"reward_{name}_max": (2, 3, {}) for name in COUNTED},
    "reward_ori_max": (1, 2, {}),  # three whole origins in a row would be repeats
    "reward_punish_mode": (False, True, {}),
    "reward_length_penalty": (False, True, {}),
    "reward_min_length": (500, 1000, {}),
    "reward_max_length": (20_000, 30_000, {}),
    "reward_ideal_min_length": (2000, 3000, {}),
    "reward_ideal_max_length": (8000, 12_000, {}),
    "reward_length_bonus": (0.2, 0.5, {}),
    "reward_location_aware": (False, True, {}),
    "reward_cassette_weight": (0.0, 1.0, {}),
    "reward_cassette_max_gap": (500, 1000, {}),
    "reward_expression_weight": (0.0, 2.0, {}),
    "reward_essential_floor": (0.5, 1.0, {}),
    "reward_filler_penalty": (0.0, 0.5, {}),
    "reward_repeat_penalty": (0.0, 0.5, {}),
    "reward_repeat_min_length": (50, 80, {}),
    "reward_gc_min": (0.3, 0.45, {"reward_gc_weight": 1.0}),
    "reward_gc_max": (0.55, 0.65, {"reward_gc_weight": 1.0}),
    "reward_homopolymer_penalty": (0.0, 0.5, {}),
    "reward_homopolymer_min_length": (6, 12, {}),
    "reward_invalid_penalty": (0.0, 1.0, {}),
}


def test_every_parameter_has_a_case() -> None:
    with_a_file = {"reward_features"}  # tests/rewards/plasmid/parts/test_own.py
    assert set(CHANGES) | with_a_file == set(PlasmidRewardConfig.model_fields)
    assert set(PlasmidRewardConfig.model_fields) >= SEED_PARAMETERS


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_every_parameter_changes_the_score_of_some_sample(name: str) -> None:
    one, other, others = CHANGES[name]
    difference = totals(config({name: one, **others})) - totals(config({name: other, **others}))
    assert np.abs(difference).max() > 1e-3


@pytest.mark.parametrize("name", ["reward_min_length", "reward_max_length"])
@pytest.mark.parametrize("length_penalty", [False, True])
@pytest.mark.parametrize("punish_mode", [False, True])
def test_swept_lengths_change_scores_in_every_mode(
    name: str, length_penalty: bool, punish_mode: bool
) -> None:
    values = {"reward_min_length": (500, 1000, 2000), "reward_max_length": (20_000, 30_000, 50_000)}[name]
    seen = [
        totals(
            config(
                {
                    "reward_length_penalty": length_penalty,
                    "reward_punish_mode": punish_mode,
                    name: value,
                }
            )
        ).tolist()
        for value in values
    ]
    assert seen[0] != seen[1] != seen[2]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({f"reward_{name}_weight": 0 for name in COUNTED}, "all weights are 0"),
        ({"reward_promoter_min": 4, "reward_promoter_max": 3}, "reward_promoter_min (4) is above"),
        (
            {"reward_min_length": 5000, "reward_max_length": 4000},
            "reward_min_length (5000) is above reward_max_length (4000)",
        ),
        (
            {"reward_ideal_min_length": 5000, "reward_max_length": 4000},
            "reward_ideal_min_length (5000) is above reward_max_length (4000)",
        ),
        (
            {"reward_min_length": 2500},
            "reward_min_length (2500) is above reward_ideal_min_length (2000, the default)",
        ),
        (
            {"reward_ideal_max_length": 40_000},
            "reward_ideal_max_length (40000) is above reward_max_length (30000, the default)",
        ),
        ({"reward_max_length": 1500}, "is above reward_max_length (1500)"),
        ({"reward_gc_min": 0.7, "reward_gc_max": 0.6}, "reward_gc_min (0.7) is above"),
        ({"reward_ori_weight": -1}, "greater than or equal to 0"),
        ({"reward_ori_weight": float("nan")}, "finite"),
        ({"reward_ori_weigth": 1}, "unknown key `reward_ori_weigth`; did you mean `reward_ori_weight`?"),
        ({"reward_length_bonus": 1.5}, "less than or equal to 1"),
        ({"reward_cds_max": -1}, "greater than or equal to 0"),
    ],
)
def test_invalid_values_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        config(values)
    messages = [error["msg"] for error in caught.value.errors()]
    assert len(messages) == 1
    assert words in messages[0]
    assert "\n" not in messages[0]


def test_a_configuration_is_frozen_and_hashable() -> None:
    with pytest.raises(ValidationError):
        REFERENCE.reward_ori_weight = 3.0  # type: ignore[misc]
    assert hash(REFERENCE) == hash(config(REFERENCE.model_dump()))


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from([f"reward_{n}_weight" for n in COUNTED]), st.just(0.0), max_size=4))
def test_components_of_weight_zero_can_be_reported_and_never_count(zeros: dict[str, float]) -> None:
    zeros = {**zeros, "reward_essential_floor": 1.0}
    suite = plasmid_suite(config(zeros))
    samples = bank()[:6]
    plain, reported = suite.score(samples), suite.score(samples, report=STANDARD)
    off = {name for name in COUNTED if f"reward_{name}_weight" in zeros} | {"gc"}
    assert not off & set(plain.components)
    assert set(STANDARD) <= set(reported.components)
    assert plain.totals.tolist() == reported.totals.tolist()
    others = plasmid_suite(config(zeros | {f"reward_{n}_max": 9 for n in off & set(COUNTED)}))
    assert others.score(samples).totals.tolist() == plain.totals.tolist()


def test_the_reference_ranks_real_mutated_and_random_sequences() -> None:
    suite = reference_suite()
    real = suite.score([whole(sequence) for sequence in real_plasmids()]).totals
    whole_ones = suite.score([whole(designed_plasmid())]).totals
    halves = suite.score([whole(sequence[: len(sequence) // 2]) for sequence in real_plasmids()]).totals
    noisy = suite.score([whole(substituted(s, 0.05, i)) for i, s in enumerate(real_plasmids())]).totals
    very = suite.score([whole(substituted(s, 0.25, i)) for i, s in enumerate(real_plasmids())]).totals
    noise = suite.score([whole(random_dna(4000, seed)) for seed in range(40)]).totals
    assert np.median(real) >= 0.8
    assert whole_ones[0] >= 0.9
    assert 0.2 < halves.mean() < 0.7
    assert real.mean() > noisy.mean() > very.mean() > noise.mean()
    assert noise.mean() < 0.05
    assert real.max() < 1.0  # room for improvement
    assert len(np.unique(noisy.round(4))) > 0.9 * len(noisy)  # nearly every sample has a score of its own
