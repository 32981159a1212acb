"""Sequences that the reward tests share. The real plasmids are those that the data packages ship."""

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from rewards.base import Sample
from rewards.plasmid.library.corpus import annotated_plasmids
from rewards.plasmid.library.store import load_library
from rewards.plasmid.suite import PlasmidRewardConfig


@cache
def real_plasmids() -> tuple[str, ...]:
    """Every tenth plasmid of the data packages."""
    return tuple(plasmid.sequence for plasmid in annotated_plasmids()[::10])


@cache
def library_sequence(name: str) -> str:
    """A library feature's sequence, by name."""
    return next(feature.sequence for feature in load_library().features if feature.name == name)


def random_dna(length: int, seed: int, letters: str = "ACGT") -> str:
    """Random text of some letters."""
    return "".join(random.Random(seed).choices(letters, k=length))


def reverse_complement(sequence: str) -> str:
    """The other strand."""
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def substituted(sequence: str, share: float, seed: int) -> str:
    """A share of the bases replaced by others."""
    rng = random.Random(seed)
    return "".join(
        rng.choice("ACGT".replace(base, "")) if rng.random() < share else base for base in sequence
    )


def whole(sequence: str, prompt: int = 12) -> Sample:
    """A molecule as a sample: its first bases are the prompt."""
    return Sample(sequence[:prompt], sequence[prompt:])


def config(values: Mapping[str, Any]) -> PlasmidRewardConfig:
    """A plasmid configuration of some values and the defaults."""
    return PlasmidRewardConfig.model_validate(dict(values))


AMPR = "AmpR (bla)"
PUC_ORI = "ori (pUC/pMB1, high-copy)"
EGFP = "EGFP"
LAC = "lac promoter"
T7_TERMINATOR = "T7 terminator"


def designed_plasmid(gap: int = 40) -> str:
    """A plasmid put together from library parts: ori, marker, and a cassette promoter > EGFP > terminator."""
    parts = [
        random_dna(300, 1),
        library_sequence("AmpR promoter"),
        library_sequence(AMPR),
        random_dna(200, 2),
        library_sequence(PUC_ORI),
        random_dna(300, 3),
        library_sequence("EM7 promoter"),
        random_dna(gap, 4),
        library_sequence(EGFP),
        random_dna(gap, 5),
        library_sequence(T7_TERMINATOR),
        random_dna(200, 6),
    ]
    return "".join(parts)
