"""The plasmid suite: every parameter of a plasmid sweep under its own name, and the fixed reference."""

from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.plasmid.annotator import Annotator
from rewards.plasmid.components.cassette import Cassette
from rewards.plasmid.components.cds import Cds
from rewards.plasmid.components.expression import Expression
from rewards.plasmid.components.filler import Filler
from rewards.plasmid.components.gc import Gc
from rewards.plasmid.components.homopolymers import Homopolymers
from rewards.plasmid.components.length import Length
from rewards.plasmid.components.letters import Letters
from rewards.plasmid.components.marker import Marker
from rewards.plasmid.components.ori import Ori
from rewards.plasmid.components.promoter import Promoter
from rewards.plasmid.components.repeats import Repeats
from rewards.plasmid.components.terminator import Terminator
from rewards.plasmid.counting import FeatureCount
from rewards.plasmid.library.store import load_library
from rewards.plasmid.parts.own import SCORED, read_own

Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Bases = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]

COUNTED: dict[str, type[FeatureCount]] = {
    "ori": Ori,
    "promoter": Promoter,
    "terminator": Terminator,
    "marker": Marker,
    "cds": Cds,
}
"""The components that count features between limits, by name."""

MONITORED = (*COUNTED, "length")
"""The components that every run logs, those of weight 0 included."""

ORDERED = (
    *((f"reward_{name}_min", f"reward_{name}_max") for name in COUNTED),
    ("reward_min_length", "reward_ideal_min_length", "reward_ideal_max_length", "reward_max_length"),
    ("reward_gc_min", "reward_gc_max"),
)
"""Parameters none of which may be above one to its right."""


class PlasmidRewardConfig(RewardConfig):
    """What a plasmid is rewarded for.

    Raises:
        pydantic.ValidationError: If a name is unknown, a value is out of range, a minimum is above its
            maximum, or the weights of the five counted components are all 0.
    """

    reward_ori_weight: Weight = 1.0
    """Relative weight of the score for origins of replication; 0 leaves it to `reward_essential_floor`."""
    reward_ori_min: Count = Ori.minimum
    """Least number of origins of replication for the full score."""
    reward_ori_max: Count = Ori.maximum
    """Largest number of origins of replication for the full score; copies count."""
    reward_promoter_weight: Weight = 1.0
    """Relative weight of the score for promoters; 0 switches the component off."""
    reward_promoter_min: Count = Promoter.minimum
    """Least number of promoters for the full score."""
    reward_promoter_max: Count = Promoter.maximum
    """Largest number of promoters for the full score; copies count."""
    reward_terminator_weight: Weight = 0.5
    """Relative weight of the score for terminators; 0 switches the component off."""
    reward_terminator_min: Count = Terminator.minimum
    """Least number of terminators for the full score."""
    reward_terminator_max: Count = Terminator.maximum
    """Largest number of terminators for the full score; copies count."""
    reward_marker_weight: Weight = 1.0
    """Relative weight of the score for selection markers; 0 leaves it to `reward_essential_floor`."""
    reward_marker_min: Count = Marker.minimum
    """Least number of selection markers for the full score."""
    reward_marker_max: Count = Marker.maximum
    """Largest number of selection markers for the full score; copies count."""
    reward_cds_weight: Weight = 1.0
    """Relative weight of the score for genes other than markers; 0 switches the component off."""
    reward_cds_min: Count = Cds.minimum
    """Least number of genes other than markers for the full score."""
    reward_cds_max: Count = Cds.maximum
    """Largest number of genes other than markers for the full score; copies count."""
    reward_punish_mode: bool = FeatureCount.punish_mode
    """Whether scores of counts and lengths outside of their limits are squared."""

    reward_length_weight: Weight = 0.5
    """Weight of the length score in the mean, whether or not `reward_length_penalty` is on."""
    reward_length_penalty: bool = True
    """Whether the total is multiplied by the length score."""
    reward_min_length: Bases = Length.minimum
    """Length in bases below which a molecule is too short."""
    reward_max_length: Bases = Length.maximum
    """Length in bases above which a molecule is too long."""
    reward_ideal_min_length: Bases = Length.ideal_minimum
    """Length in bases from which the length score is 1."""
    reward_ideal_max_length: Bases = Length.ideal_maximum
    """Length in bases up to which the length score is 1."""
    reward_length_bonus: Share = Length.bonus
    """Difference of the length score between the ideal band (1) and the limits, in [0, 1]."""

    reward_location_aware: bool = True
    """Whether the order promoter, gene, terminator is scored, as the component `cassette`."""
    reward_cassette_weight: Weight = 0.25
    """Weight of the component `cassette`; without effect if `reward_location_aware` is off."""
    reward_cassette_max_gap: Bases = Cassette.max_gap
    """Distance in bases from which two parts no longer belong to one cassette."""

    reward_expression_weight: Weight = 0.5
    """Weight of the score for genes that a promoter points at."""

    reward_essential_floor: Share = 0.3
    """Factor of the total if the bacterial origin or the bacterial marker is missing; 1 switches it off."""
    reward_filler_penalty: Weight = 0.5
    """What a molecule loses of which no base belongs to a part."""
    reward_repeat_penalty: Weight = 1.0
    """What a molecule that consists of repeats only loses."""
    reward_repeat_min_length: Annotated[int, Field(ge=12, le=1000)] = Repeats.minimum
    """Length in bases from which a stretch that occurs twice is a repeat."""
    reward_gc_weight: Weight = 0.0
    """Weight of the GC content."""
    reward_gc_min: Share = Gc.minimum
    """Lowest GC content, as a share of the bases, for the full score."""
    reward_gc_max: Share = Gc.maximum
    """Highest GC content, as a share of the bases, for the full score."""
    reward_homopolymer_penalty: Weight = 0.5
    """What a molecule that consists of runs of one base only loses."""
    reward_homopolymer_min_length: Annotated[int, Field(ge=2)] = Homopolymers.minimum
    """Length in bases from which equal bases are a run."""
    reward_invalid_penalty: Weight = 1.0
    """What a completion loses if a tenth or more of its characters are not DNA."""
    reward_features: str | None = None
    """File of features of your own (GenBank, FASTA or a table) that count in the training reward beside those
    of the library. The objective does not count them, so that runs with and without them can be compared."""

    @field_validator("reward_features")
    @classmethod
    def _features_can_be_read(cls, path: str | None) -> str | None:
        if path is not None and not read_own(Path(path)).scored:
            raise ValueError(f"{path} has no feature of a class that rewards read: {', '.join(SCORED)}")
        return path

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
    """The suite that a configuration describes. All `MONITORED` components can be reported by it."""
    length = Length(
        config.reward_min_length,
        config.reward_max_length,
        config.reward_ideal_min_length,
        config.reward_ideal_max_length,
        config.reward_length_bonus,
        config.reward_punish_mode,
    )
    counted: dict[str, FeatureCount] = {}
    for name, component in COUNTED.items():
        minimum, maximum = getattr(config, f"reward_{name}_min"), getattr(config, f"reward_{name}_max")
        counted[name] = component(minimum, maximum, config.reward_punish_mode)
    components = [
        Weighted(reward, getattr(config, f"reward_{name}_weight")) for name, reward in counted.items()
    ]
    components.append(Weighted(length, config.reward_length_weight))
    components.append(Weighted(Gc(config.reward_gc_min, config.reward_gc_max), config.reward_gc_weight))
    components.append(Weighted(Expression(), config.reward_expression_weight))
    if config.reward_location_aware:
        components.append(Weighted(Cassette(config.reward_cassette_max_gap), config.reward_cassette_weight))
    return RewardSuite(
        components,
        length_factor=length if config.reward_length_penalty else None,
        penalties=(
            Weighted(Filler(), config.reward_filler_penalty),
            Weighted(Repeats(config.reward_repeat_min_length), config.reward_repeat_penalty),
            Weighted(Homopolymers(config.reward_homopolymer_min_length), config.reward_homopolymer_penalty),
            Weighted(Letters(), config.reward_invalid_penalty),
        ),
        essentials=(counted["ori"], counted["marker"]),
        essential_floor=config.reward_essential_floor,
        annotator=_own_annotator(config.reward_features) if config.reward_features else None,
    )


@cache
def _own_annotator(features: str) -> Annotator:
    """The default annotator with the user's features in its library."""
    return Annotator(read_own(Path(features)).join(load_library()))


REFERENCE = PlasmidRewardConfig(
    reward_ori_weight=1.0,
    reward_marker_weight=1.0,
    reward_marker_max=1,
    reward_promoter_weight=0.5,
    reward_promoter_max=8,
    reward_terminator_weight=0.25,
    reward_terminator_max=6,
    reward_cds_weight=0.25,
    reward_cds_max=8,
    reward_expression_weight=0.5,
    reward_length_weight=0.0,
    reward_essential_floor=0.6,
    reward_filler_penalty=1.0,
    reward_repeat_penalty=1.0,
)
"""The fixed reference of a plasmid sweep's objective; a change makes objectives incomparable."""


def reference_suite() -> RewardSuite:
    """The suite that the objective of every plasmid sweep is measured with."""
    return plasmid_suite(REFERENCE)
