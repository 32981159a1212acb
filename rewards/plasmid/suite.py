"""The plasmid suite: every parameter of a plasmid sweep under its own name, and the fixed reference."""

from collections.abc import Callable
from itertools import combinations
from typing import Annotated, Self

from pydantic import Field, model_validator

from rewards.base import Reward
from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.plasmid.components.cassette import Cassette
from rewards.plasmid.components.cds import Cds
from rewards.plasmid.components.gc import Gc
from rewards.plasmid.components.homopolymers import Homopolymers
from rewards.plasmid.components.length import Length
from rewards.plasmid.components.letters import Letters
from rewards.plasmid.components.marker import Marker
from rewards.plasmid.components.ori import Ori
from rewards.plasmid.components.promoter import Promoter
from rewards.plasmid.components.repeats import Repeats
from rewards.plasmid.components.terminator import Terminator

Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Bases = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]

COUNTED = ("ori", "promoter", "terminator", "marker", "cds")
"""The components that count features between limits."""

ORDERED = (
    *((f"reward_{name}_min", f"reward_{name}_max") for name in COUNTED),
    ("reward_min_length", "reward_ideal_min_length", "reward_ideal_max_length", "reward_max_length"),
    ("reward_gc_min", "reward_gc_max"),
)
"""Parameters none of which may be above one to its right."""


class PlasmidRewardConfig(RewardConfig):
    """What a plasmid is rewarded for. Weights are relative; 0 switches a component off.

    Attributes:
        reward_ori_weight: Weight of the origins of replication; likewise for the other components.
        reward_ori_min: Fewest origins wanted; likewise for the other counted components.
        reward_ori_max: Most origins wanted; likewise.
        reward_punish_mode: Square what counts and lengths outside their limits leave.
        reward_length_weight: Weight of the length score in the mean, with or without the penalty.
        reward_length_penalty: Multiply the total by the length score.
        reward_min_length: Bases below which a molecule is too short.
        reward_max_length: Bases above which it is too long.
        reward_ideal_min_length: Bases from which the length score is 1.
        reward_ideal_max_length: Bases up to which it is 1.
        reward_length_bonus: What the ideal band is worth over the limits, in [0, 1].
        reward_location_aware: Score the order promoter, gene, terminator as the component `cassette`.
        reward_cassette_weight: Its weight.
        reward_cassette_max_gap: Bases between two parts of a cassette at which they no longer belong
            together.
        reward_repeat_penalty: What a molecule that is all repeats loses.
        reward_repeat_min_length: Bases from which a stretch that occurs twice is a repeat.
        reward_gc_weight: Weight of the GC content.
        reward_gc_min: Lowest GC content in the band.
        reward_gc_max: Highest GC content in the band.
        reward_homopolymer_penalty: What a molecule that is all runs of one base loses.
        reward_homopolymer_min_length: Bases from which equal bases are a run.
        reward_invalid_penalty: What a completion loses of whose characters a tenth or more are not DNA.

    Raises:
        pydantic.ValidationError: On an unknown name, a value out of range, a minimum above its maximum, or
            weights of the five counted components that are all 0.
    """

    reward_ori_weight: Weight = 1.0
    reward_promoter_weight: Weight = 1.0
    reward_terminator_weight: Weight = 0.5
    reward_marker_weight: Weight = 1.0
    reward_cds_weight: Weight = 1.0
    reward_length_weight: Weight = 0.5

    reward_ori_min: Count = 1
    reward_ori_max: Count = 3
    reward_promoter_min: Count = 1
    reward_promoter_max: Count = 5
    reward_terminator_min: Count = 1
    reward_terminator_max: Count = 3
    reward_marker_min: Count = 1
    reward_marker_max: Count = 2
    reward_cds_min: Count = 1
    reward_cds_max: Count = 5
    reward_punish_mode: bool = False

    reward_length_penalty: bool = True
    reward_min_length: Bases = 1000
    reward_max_length: Bases = 30_000
    reward_ideal_min_length: Bases = 2000
    reward_ideal_max_length: Bases = 12_000
    reward_length_bonus: Share = 0.3

    reward_location_aware: bool = True
    reward_cassette_weight: Weight = 1.0
    reward_cassette_max_gap: Bases = 1000

    reward_repeat_penalty: Weight = 0.5
    reward_repeat_min_length: Annotated[int, Field(ge=12, le=1000)] = 50
    reward_gc_weight: Weight = 0.0
    reward_gc_min: Share = 0.35
    reward_gc_max: Share = 0.65
    reward_homopolymer_penalty: Weight = 0.5
    reward_homopolymer_min_length: Annotated[int, Field(ge=2)] = 10
    reward_invalid_penalty: Weight = 1.0

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        for limits in ORDERED:
            out = [
                pair for pair in combinations(limits, 2) if getattr(self, pair[0]) > getattr(self, pair[1])
            ]
            if out:
                # Of several pairs, the one whose names were given: a default is nobody's mistake.
                low, high = max(out, key=lambda pair: len(self.model_fields_set.intersection(pair)))
                raise ValueError(f"{self._said(low)} is above {self._said(high)}")
        return self

    def _said(self, name: str) -> str:
        default = "" if name in self.model_fields_set else ", the default"
        return f"{name} ({getattr(self, name)}{default})"

    @model_validator(mode="after")
    def _something_to_reward(self) -> Self:
        # Length, GC and order alone describe no plasmid: a run on them has nothing to learn from.
        names = [f"reward_{name}_weight" for name in COUNTED]
        if not any(getattr(self, name) for name in names):
            raise ValueError(f"all weights are 0 ({', '.join(names)}): give at least one a value above 0")
        return self


def plasmid_suite(config: PlasmidRewardConfig) -> RewardSuite:
    """The suite that a configuration describes.

    `ori`, `promoter`, `terminator`, `marker`, `cds` and `length` can always be reported; those of
    weight 0 never reach the total.
    """
    length = Length(
        config.reward_min_length,
        config.reward_max_length,
        config.reward_ideal_min_length,
        config.reward_ideal_max_length,
        config.reward_length_bonus,
        config.reward_punish_mode,
    )
    counted: dict[str, Callable[[int, int, bool], Reward]] = {
        "ori": Ori,
        "promoter": Promoter,
        "terminator": Terminator,
        "marker": Marker,
        "cds": Cds,
    }
    components: list[Weighted] = []
    for name, component in counted.items():
        low, high = getattr(config, f"reward_{name}_min"), getattr(config, f"reward_{name}_max")
        reward = component(low, high, config.reward_punish_mode)
        components.append(Weighted(reward, getattr(config, f"reward_{name}_weight")))
    components.append(Weighted(length, config.reward_length_weight))
    components.append(Weighted(Gc(config.reward_gc_min, config.reward_gc_max), config.reward_gc_weight))
    if config.reward_location_aware:
        components.append(Weighted(Cassette(config.reward_cassette_max_gap), config.reward_cassette_weight))
    return RewardSuite(
        components,
        length_factor=length if config.reward_length_penalty else None,
        penalties=(
            Weighted(Repeats(config.reward_repeat_min_length), config.reward_repeat_penalty),
            Weighted(Homopolymers(config.reward_homopolymer_min_length), config.reward_homopolymer_penalty),
            Weighted(Letters(), config.reward_invalid_penalty),
        ),
    )


REFERENCE = PlasmidRewardConfig(
    reward_ori_weight=1.0,
    reward_promoter_weight=1.0,
    reward_terminator_weight=0.5,
    reward_marker_weight=1.0,
    reward_cds_weight=0.5,
    reward_cassette_weight=0.5,
    reward_length_weight=0.0,
    reward_promoter_max=8,
    reward_cds_max=8,
    reward_terminator_max=6,
)
"""The fixed reference of a plasmid sweep's objective; a change makes objectives incomparable."""


def reference_suite() -> RewardSuite:
    """The suite that the objective of every plasmid sweep is measured with."""
    return plasmid_suite(REFERENCE)
