"""Sequences that the reward tests share. The real plasmids come from the data packages."""

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
    """Sequences of every tenth plasmid of the data packages."""
    return tuple(plasmid.sequence for plasmid in annotated_plasmids()[::10])


@cache
def library_sequence(name: str) -> str:
    """The sequence of the library feature `name`."""
    return next(feature.sequence for feature in load_library().features if feature.name == name)


def random_dna(length: int, seed: int, letters: str = "ACGT") -> str:
    """A random sequence of `letters` of the given length."""
    return "".join(random.Random(seed).choices(letters, k=length))


def reverse_complement(sequence: str) -> str:
    """The reverse complement of `sequence`."""
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def substituted(sequence: str, share: float, seed: int) -> str:
    """`sequence` with a share of its bases, in [0, 1], replaced by other bases."""
    rng = random.Random(seed)
    return "".join(
        rng.choice("ACGT".replace(base, "")) if rng.random() < share else base for base in sequence
    )


def whole(sequence: str, prompt: int = 12) -> Sample:
    """A molecule as a sample whose prompt is its first `prompt` bases."""
    return Sample(sequence[:prompt], sequence[prompt:])


def config(values: Mapping[str, Any]) -> PlasmidRewardConfig:
    """A plasmid reward configuration with `values` over the defaults."""
    return PlasmidRewardConfig.model_validate(dict(values))


AMPR = "AmpR (bla)"
PUC_ORI = "ori (pUC/pMB1, high-copy)"
EGFP = "EGFP"
LAC = "lac promoter"
T7_TERMINATOR = "T7 terminator"


def designed_plasmid(gap: int = 40) -> str:
    """A plasmid of library parts: ori, marker, and a cassette of promoter, EGFP and terminator."""
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
