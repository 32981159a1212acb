"""Decides which plasmids are held out: whole similarity clusters that have something of their own.

A standard part, such as an origin or a marker, stands in many plasmids, so most of a held-out plasmid may
also stand in training plasmids. But no member of its cluster is trained on, and none of its beginnings, from
which prompts are cut, occurs in a training plasmid. Many kit plasmids consist of parts that all stand
elsewhere too, so they could begin nowhere. Therefore what is drawn is a stretch of sequence, and all clusters
that have it are held out together.
"""

import hashlib
import random
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.tasks.plasmid.occurrence import LONGEST, MIN_BASES, SearchText
from agent.tasks.plasmid.similarity import NEAR_COPY, WORD, WordTable, clusters, distinct, words_of
from agent.tasks.plasmid.strands import written_from

FEWEST = 10
"""Fewest plasmids that can be split."""
HELD_OUT_SHARE = 0.15
"""Share of the plasmids that is held out, if clusters of that size exist."""
LARGEST_SHARE = 0.5
"""Largest share of the plasmids that may be taken from the training side."""
HELD_OUT_FAMILIES, TRAINED_FAMILIES = 4, 5
"""Bacterial origin families that each side has, if the corpus allows it."""

_OWN_WORDS = MIN_BASES + WORD - 1
"""Words that cover the shortest beginning and touch it: none of them may be trained on."""
_DRAWS = 200
_CHECKED = 10
"""Number of best draws for which the beginnings are looked for."""
_TRIES = 20
"""Beginnings of a plasmid that are tried."""

Quality = tuple[float, ...]


class UnsplittableError(ValueError):
    """The plasmids cannot be split into a training side and a held-out side."""


@dataclass(frozen=True)
class Beginning:
    """Where a held-out plasmid is written from: its index, its first base, and whether downwards."""

    plasmid: int
    base: int
    backwards: bool


@dataclass(frozen=True)
class Split:
    """The sides, by index of the plasmids.

    Attributes:
        train: Plasmids that may be trained on.
        held_out: The held-out plasmids; no beginning of `MIN_BASES` to `LONGEST` bases of any of them occurs
            in a training plasmid.
        left_out: Other members of their clusters, which have no such beginning. They are on neither side.
        clusters: Number of clusters of all plasmids.
    """

    train: tuple[int, ...]
    held_out: tuple[Beginning, ...]
    left_out: tuple[int, ...]
    clusters: int


def split_plasmids(plasmids: Sequence[str], families: Sequence[Set[str]]) -> Split:
    """The split of some plasmids, which does not depend on their order.

    Args:
        plasmids: Different sequences of A, C, G and T, each of `LONGEST` bases or more.
        families: Bacterial origin families of each plasmid.

    Raises:
        UnsplittableError: If there are too few plasmids, they are all near copies of each other, or none has
            a beginning of its own.
    """
    count = len(plasmids)
    if count < FEWEST:
        raise UnsplittableError(
            f"{count} plasmids cannot be split into a training and a held-out side: at least {FEWEST} are"
            " needed, and some hundreds to learn from"
        )
    table = WordTable.of(plasmids)
    labels = clusters(table)
    number = int(labels.max()) + 1
    if number == 1:
        raise UnsplittableError(
            f"all {count} plasmids are one cluster: each shares {NEAR_COPY:.0%} or more of its bases with"
            " another one, so none can be held out; add plasmids that are no copies of these"
        )
    stretches = _Stretches.of(table, labels)
    draws = [stretches.draw(salt, labels) for salt in range(_DRAWS if stretches.keys else 0)]
    promised = [_quality(draw[labels] & stretches.has_own(draw), draw[labels], families) for draw in draws]
    found: list[tuple[Quality, Split]] = []
    for salt in sorted(range(len(draws)), key=lambda salt: promised[salt], reverse=True)[:_CHECKED]:
        taken = draws[salt][labels]
        split = _checked(plasmids, taken, stretches.has_own(draws[salt]), number)
        if not split.held_out:
            continue
        kept = np.zeros(count, bool)
        kept[[beginning.plasmid for beginning in split.held_out]] = True
        found.append((_quality(kept, taken, families), split))
        if found[-1][0] == promised[salt]:
            break  # the others do not even promise more
    if not found:
        raise UnsplittableError(
            f"none of the {count} plasmids in {number} clusters can be held out: of every group of clusters"
            f" that is at most {LARGEST_SHARE:.0%} of them, each plasmid consists of parts that also stand in"
            " the others; add plasmids with other inserts or backbones"
        )
    return max(found, key=lambda pair: pair[0])[1]


def _quality(kept: NDArray[np.bool_], taken: NDArray[np.bool_], families: Sequence[Set[str]]) -> Quality:
    """How good a draw is, as values that are compared one after the other.

    Args:
        kept: Whether each plasmid is held out; shape [plasmids].
        taken: Whether its cluster is; shape [plasmids].
        families: Bacterial origin families of each plasmid.
    """
    held_out = {family for i in np.flatnonzero(kept).tolist() for family in families[i]}
    train = {family for i in np.flatnonzero(~taken).tolist() for family in families[i]}
    enough = min(len(held_out), HELD_OUT_FAMILIES) + min(len(train), TRAINED_FAMILIES)
    share = float(kept.mean())
    return enough, -round(abs(share - HELD_OUT_SHARE), 2), len(held_out) + len(train), share


@dataclass(frozen=True)
class _Stretches:
    """Stretches of sequence, each of which stands in some clusters and nowhere else.

    Attributes:
        keys: A word of each stretch, which tells it from others.
        inside: Whether a stretch stands in a cluster; shape [stretches, clusters].
        words: Number of words of each stretch in each plasmid; shape [plasmids, stretches].
    """

    keys: tuple[int, ...]
    inside: NDArray[np.bool_]
    words: NDArray[np.int32]

    @classmethod
    def of(cls, table: WordTable, labels: NDArray[np.int64]) -> "_Stretches":
        """The stretches of at least `_OWN_WORDS` words that a draw may take."""
        number = int(labels.max()) + 1
        sizes = np.bincount(labels)
        word = np.repeat(np.arange(len(table.words)), np.diff(table.owner_first))
        pairs = distinct(word * number + labels[table.owners])
        starts = np.searchsorted(pairs // number, np.arange(len(table.words)))
        # Words of the same clusters have the same signature.
        marks = np.random.default_rng(0).integers(0, 1 << 63, number)
        signature = np.bitwise_xor.reduceat(marks[pairs % number], starts)
        weight = np.add.reduceat(sizes[pairs % number], starts)
        _, example, group = np.unique(signature, return_index=True, return_inverse=True)
        usable = (np.bincount(group) >= _OWN_WORDS) & (weight[example] <= LARGEST_SHARE * len(labels))
        place = np.where(usable, np.cumsum(usable) - 1, -1)[group]  # stretch of each word, or -1
        count = int(usable.sum())
        inside = np.zeros((count, number), bool)
        stretch = place[pairs // number]
        inside[stretch[stretch >= 0], (pairs % number)[stretch >= 0]] = True
        words = np.zeros((len(labels), count), np.int32)
        for i in range(len(labels)):
            here = place[table.ids[table.first[i] : table.first[i + 1]]]
            words[i] = np.bincount(here[here >= 0], minlength=count)
        return cls(tuple(table.words[example[usable]].tolist()), inside, words)

    def draw(self, salt: int, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which clusters to hold out: those of random stretches, up to the held-out share; shape [clusters].

        If there are only larger ones, the smallest is taken.
        """
        sizes = np.bincount(labels)
        limit = max(HELD_OUT_SHARE * len(labels), float((self.inside @ sizes).min()))
        taken = np.zeros(len(sizes), bool)
        order = sorted(
            range(len(self.keys)), key=lambda i: hashlib.sha256(f"{salt} {self.keys[i]}".encode()).digest()
        )
        for stretch in order:
            more = taken | self.inside[stretch]
            if sizes[more].sum() <= limit:
                taken = more
        return taken

    def has_own(self, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each plasmid has enough words that stand in these clusters only; shape [plasmids]."""
        own = ~(self.inside & ~taken).any(axis=1)
        return (self.words @ own) >= _OWN_WORDS


def _checked(
    plasmids: Sequence[str], taken: NDArray[np.bool_], promising: NDArray[np.bool_], number: int
) -> Split:
    """The split that holds out those plasmids of the taken clusters that have a beginning of their own."""
    train: list[int] = np.flatnonzero(~taken).tolist()
    text = SearchText([plasmids[i] for i in train])
    trained = np.zeros(1 << (2 * WORD), bool)
    for i in train:
        trained[words_of(plasmids[i])] = True
    held_out: list[Beginning] = []
    left_out: list[int] = []
    for i in np.flatnonzero(taken).tolist():
        beginning = _beginning(i, plasmids[i], trained, text) if promising[i] else None
        if beginning is None:
            left_out.append(i)
        else:
            held_out.append(beginning)
    return Split(tuple(train), tuple(held_out), tuple(left_out), number)


def _beginning(index: int, plasmid: str, trained: NDArray[np.bool_], text: SearchText) -> Beginning | None:
    """A beginning that does not occur in the training plasmids; `None` if none was found.

    It is a random one of those whose shortest form is touched by the fewest words of training plasmids.
    """
    length = len(plasmid)
    here = trained[words_of(plasmid)].astype(np.int64)
    around = np.concatenate([here[1 - WORD :], here, here[: MIN_BASES - 1]])
    touching = np.convolve(around, np.ones(_OWN_WORDS, np.int64), "valid")
    rng = random.Random(plasmid)
    order = np.array(rng.sample(range(length), length))
    for start in order[np.argsort(touching[order], kind="stable")][:_TRIES].tolist():
        backwards = rng.random() < 0.5
        base = (start + MIN_BASES - 1) % length if backwards else start
        option = Beginning(index, base, backwards)
        if not text.has_beginning(written_from(plasmid, option.base, option.backwards)[:LONGEST]):
            return option
    return None
