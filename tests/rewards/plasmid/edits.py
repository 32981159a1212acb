"""Plasmids made of library parts, and ways to break a part."""

import random
from collections.abc import Callable
from functools import cache

from rewards.base import Sample
from rewards.compose import RewardSuite, SuiteScores
from rewards.plasmid.suite import reference_suite
from tests.rewards.plasmids import (
    AMPR,
    EGFP,
    PUC_ORI,
    T7_TERMINATOR,
    library_sequence,
    random_dna,
    reverse_complement,
)

AMPR_PROMOTER, PAYLOAD_PROMOTER = "AmpR promoter", "EM7 promoter"

Edit = Callable[[str, random.Random], str]


@cache
def reference() -> RewardSuite:
    """The reference suite."""
    return reference_suite()


def scored(*molecules: str) -> SuiteScores:
    """Reference scores of molecules, each with a prompt of 12 bases."""
    return reference().score([Sample(text[:12], text[12:]) for text in molecules])


def marker_unit(marker: str = AMPR, promoter: str = AMPR_PROMOTER) -> str:
    """A marker behind a promoter."""
    return library_sequence(promoter) + random_dna(6, 1) + library_sequence(marker)


def payload_unit() -> str:
    """A cassette of promoter, EGFP and terminator."""
    parts = [library_sequence(PAYLOAD_PROMOTER), random_dna(30, 4), library_sequence(EGFP)]
    return "".join([*parts, random_dna(20, 5), library_sequence(T7_TERMINATOR)])


def build(ori: str | None = None, marker: str | None = None, payload: str | None = None) -> str:
    """A plasmid of an origin, a marker with its promoter, and a cassette, 120 bases apart."""
    parts = [
        library_sequence(PUC_ORI) if ori is None else ori,
        marker_unit() if marker is None else marker,
        payload_unit() if payload is None else payload,
    ]
    return "".join(random_dna(120, 20 + number) + part for number, part in enumerate(parts))


def replaced(plasmid: str, part: str, other: str) -> str:
    """The plasmid with `other` in the place of `part`, which occurs once on either strand."""
    for old, new in ((part, other), (reverse_complement(part), reverse_complement(other))):
        if old in plasmid:
            return plasmid.replace(old, new)
    raise ValueError("the plasmid does not contain the part")


def other_bases(text: str) -> str:
    """Each base replaced by another one."""
    return text.translate(str.maketrans("ACGT", "CATG"))


def _stop(gene: str, rng: random.Random) -> str:
    at = 3 * rng.randrange(5, len(gene) // 3 - 5)
    return gene[:at] + rng.choice(["TAA", "TAG", "TGA"]) + gene[at + 3 :]


def _deletion(gene: str, rng: random.Random) -> str:
    at = rng.randrange(12, len(gene) - 30)
    return gene[:at] + gene[at + rng.choice([1, 2, 4, 5]) :]


def _insertion(gene: str, rng: random.Random) -> str:
    at = rng.randrange(12, len(gene) - 30)
    return gene[:at] + random_dna(rng.choice([1, 2, 4, 5]), at) + gene[at:]


def _no_start(gene: str, rng: random.Random) -> str:
    return rng.choice(["ACG", "AAG", "CTC"]) + gene[3:]


def _no_stop(gene: str, rng: random.Random) -> str:
    return gene[:-3] + rng.choice(["CAA", "GGA", "TAC"])


def _inverted(part: str, rng: random.Random) -> str:
    size = len(part) // 3
    at = rng.randrange(size // 2, len(part) - size - size // 2)
    return part[:at] + reverse_complement(part[at : at + size]) + part[at + size :]


def _small_inversion(part: str, rng: random.Random) -> str:
    at = 3 * rng.randrange(len(part) // 9, len(part) // 6)
    return part[:at] + reverse_complement(part[at : at + 36]) + part[at + 36 :]


def _shuffled(part: str, rng: random.Random) -> str:
    size = len(part) // 3
    at = rng.randrange(size // 2, len(part) - size - size // 2)
    middle = rng.sample(part[at : at + size], size)
    return part[:at] + "".join(middle) + part[at + size :]


def _blocks(part: str, rng: random.Random) -> str:
    size = max(20, len(part) // 8)
    blocks = [part[i : i + size] for i in range(0, len(part), size)]
    order = rng.sample(blocks, len(blocks))
    return "".join(order if order != blocks else blocks[::-1])


def _unknown(part: str, rng: random.Random) -> str:
    at = rng.randrange(len(part) // 4, len(part) // 2)
    return part[:at] + "N" * 40 + part[at + 40 :]


def _half(part: str, rng: random.Random) -> str:
    keep = len(part) // 2
    return part[:keep] + random_dna(len(part) - keep, rng.randrange(1000))


REARRANGED: dict[str, Edit] = {
    "inverted middle": _inverted,
    "small inversion": _small_inversion,
    "shuffled middle": _shuffled,
    "blocks in another order": _blocks,
    "unknown bases": _unknown,
    "half": _half,
}
"""Ways to break any part of 300 bases or more."""

BROKEN_FRAME: dict[str, Edit] = {
    "stop": _stop,
    "deletion": _deletion,
    "insertion": _insertion,
    "no start": _no_start,
    "no stop": _no_stop,
}
"""Ways to break the reading frame of a gene."""
