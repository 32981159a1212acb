"""The contract of every registered reward."""

import math
import pickle
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewards.base import Batch, Reward, Sample
from rewards.plasmid.annotator import Annotator
from rewards.plasmid.library.store import load_library
from rewards.registry import make_reward, our_rewards
from tests.rewards.plasmids import (
    AMPR,
    PUC_ORI,
    designed_plasmid,
    library_sequence,
    random_dna,
    real_plasmids,
    substituted,
    whole,
)

DOUBLE = "def double(n):"
PROBLEMS = [{"prompt": DOUBLE, "asserts": ["assert double(4) == 8"]}]
TAUGHT = [{**PROBLEMS[0], "solution": 'def double(n):\n    """Return twice n."""\n    return 2 * n\n'}]
PARAMS: dict[str, dict[str, Any]] = {
    "contains_word": {"word": "happy"},
    "restriction_sites": {"avoid_sites": ["BsaI", "BglI"], "single_sites": ["EcoRI"]},
    "synthesis": {"vendor": "twist-clonal"},
    "tests_pass": {"problems": PROBLEMS},
    "tests_fail": {"problems": PROBLEMS},
    **{name: {"problems": TAUGHT} for name in our_rewards() if name.startswith("judged_")},
}
"""Parameters of the rewards that have required ones."""


@cache
def reward_named(name: str) -> Reward:
    return make_reward(name, PARAMS.get(name))


@cache
def batch() -> tuple[Sample, ...]:
    plasmid = designed_plasmid()
    texts = [
        Sample(
            "Once upon a time", " there was a happy dog. It ran to the red house on the hill! Was it happy?"
        ),
        Sample("", ""),
        Sample("ATG", ""),
        Sample("", "😀 not DNA at all, 5'-ACGT-3'"),
        Sample("acgt", "acgtn" * 30),
        Sample("", "N" * 200),
    ]
    texts += [
        Sample(DOUBLE, f"```python\ndef double(n):\n    return {n}\n```")
        for n in ("n + n", "n", "{n}", "1/0")
    ]
    molecules = [plasmid, plasmid + plasmid, substituted(plasmid, 0.05, 1), random_dna(3000, 2), "A" * 2500]
    return (*texts, *map(whole, molecules), *map(whole, real_plasmids()[:6]))


every_reward = pytest.mark.parametrize("name", sorted(our_rewards()))


@every_reward
def test_scores_are_in_range_and_have_a_one_line_message(name: str) -> None:
    for evaluation in reward_named(name)(batch()):
        assert evaluation.score is None or 0.0 <= evaluation.score <= 1.0
        assert evaluation.message
        assert "\n" not in evaluation.message


@every_reward
def test_a_reward_is_deterministic_and_has_its_registered_name(name: str) -> None:
    reward = make_reward(name, PARAMS.get(name))
    assert reward.name == name
    first = reward(Batch(batch(), Annotator(load_library())))  # with an empty cache
    assert first == reward(batch()) == reward_named(name)(batch())


@every_reward
def test_scores_do_not_depend_on_the_other_samples_or_their_order(name: str) -> None:
    reward, samples = reward_named(name), batch()
    together = reward(samples)
    assert together == [reward([sample])[0] for sample in samples]
    assert reward(samples[::-1]) == together[::-1]
    assert reward([]) == []


@every_reward
def test_a_reward_survives_pickling(name: str) -> None:
    reward = reward_named(name)
    copy = pickle.loads(pickle.dumps(reward))  # noqa: S301 - its own dump
    assert copy == reward
    assert copy(batch()) == reward(batch())


@every_reward
def test_spans_lie_within_the_text(name: str) -> None:
    for sample, evaluation in zip(batch(), reward_named(name)(batch()), strict=True):
        for span in evaluation.spans:
            assert 0 <= span.start < len(sample.text)
            assert 0 < span.end <= len(sample.text)
            assert span.strand in (-1, 0, 1)


@every_reward
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(max_size=60),
    st.one_of(
        st.text(max_size=300), st.text("ACGTNacgtn", max_size=900), st.text("ACGT ryk-😀", max_size=300)
    ),
)
def test_any_text_can_be_scored(name: str, prompt: str, completion: str) -> None:
    (evaluation,) = reward_named(name)([Sample(prompt, completion)])
    assert evaluation.score is None or not math.isnan(evaluation.score)


# This does not hold for genes: random start and stop codons create and remove open reading frames.
@pytest.mark.parametrize("name", ["ori", "promoter", "terminator", "marker"])
def test_scores_of_counted_features_fall_with_mutations(name: str) -> None:
    # Substitutions are nested: each step adds to the one before.
    plasmid = designed_plasmid()
    noisy = substituted(plasmid, 1.0, 7)
    order = random_dna(len(plasmid), 8, "0123456789")
    kept = [plasmid]
    for step in "0", "01", "012":
        kept.append("".join(n if d in step else p for p, n, d in zip(plasmid, noisy, order, strict=True)))
    scores = [evaluation.score or 0.0 for evaluation in reward_named(name)([whole(text) for text in kept])]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


@pytest.mark.parametrize(
    ("name", "feature"), [("ori", PUC_ORI), ("marker", AMPR), ("promoter", "PGK promoter")]
)
def test_scores_of_counted_features_fall_when_they_are_shortened(name: str, feature: str) -> None:
    sequence = library_sequence(feature)
    texts = [
        random_dna(600, 1) + sequence[: int(len(sequence) * share)] + random_dna(600, 2)
        for share in (1, 0.8, 0.6)
    ]
    scores = [evaluation.score or 0.0 for evaluation in reward_named(name)([whole(text) for text in texts])]
    assert scores[0] > scores[1] > scores[2] > 0
