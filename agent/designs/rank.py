"""Ranks sampled plasmids: each molecule once, by the reference, with quality control and novelty."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.tasks.plasmid.corpus import Corpus
from rewards.base import Sample
from rewards.explain import Explained, explain
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.files.record import SequenceRecord
from rewards.plasmid.library.store import load_library
from rewards.plasmid.parts.own import NO_FEATURES, OwnFeatures
from rewards.plasmid.quality.known import KnownMolecules
from rewards.plasmid.quality.same import clusters
from rewards.plasmid.suite import reference_suite


@dataclass(frozen=True)
class Ranking:
    """The designs of a batch of samples.

    Attributes:
        designs: Distinct molecules, the best first: those that pass quality control, then the others, each
            by their reference score. `notes` of each has `prompt`, `copies`, `novelty`, `nearest` and
            `nearest_share`; see `rank`.
        samples: Number of samples, empty completions included.
        passed: Number of samples that pass quality control.
    """

    designs: list[Explained]
    samples: int
    passed: int

    @property
    def passing(self) -> list[Explained]:
        """The designs that pass quality control, the best first."""
        return [design for design in self.designs if design.quality.passed]


def rank(
    samples: Sequence[Sample], corpus: Corpus, workers: int = 1, own: OwnFeatures = NO_FEATURES
) -> Ranking:
    """The distinct molecules among `samples`, named `design_1` and so on, the best first.

    Samples of 95 % identity, in any rotation and on either strand, are one design, represented by the best
    of them; `copies` counts them. `novelty` is the share of its 31-mers that no training plasmid has,
    `nearest` the training plasmid with the most common 31-mers, and `nearest_share` the share of the design's
    bases that lie in 12-mers of it; they are missing if a design is too short, or shares nothing.

    Args:
        samples: Prompts and completions.
        corpus: What the model was trained on.
        workers: Number of annotation threads.
        own: The user's features; those of classes that rewards read count in the reference score.
    """
    written = [sample for sample in samples if sample.completion]
    records = [SequenceRecord(str(place), sample.text, True) for place, sample in enumerate(written)]
    explained = list(explain(iter(records), reference_suite(), load_library(("default",)), workers, own))
    numbers = clusters([encode(sample.text) for sample in written])
    copies = Counter(numbers)
    order = sorted(range(len(written)), key=lambda i: _place(explained[i], i))
    best = list({numbers[i]: i for i in reversed(order)}.values())[::-1]
    known = KnownMolecules(corpus.train)
    designs = []
    for place, i in enumerate(sorted(best, key=order.index), start=1):
        notes: dict[str, str | float] = {"prompt": written[i].prompt, "copies": copies[numbers[i]]}
        notes |= _novelty(written[i].text, known, corpus)
        record = replace(records[i], id=f"design_{place}")
        designs.append(replace(explained[i], record=record, notes=notes))
    return Ranking(designs, len(samples), sum(one.quality.passed for one in explained))


def _place(explained: Explained, number: int) -> tuple[bool, float, int]:
    """Sort key: what passes first, then by falling total; an unscored one last."""
    total = explained.total if explained.total == explained.total else -1.0
    return (not explained.quality.passed, -total, number)


def _novelty(molecule: str, known: KnownMolecules, corpus: Corpus) -> dict[str, str | float]:
    codes = encode(molecule)
    originality, nearest = known.originality(codes), known.nearest(codes)
    notes: dict[str, str | float] = {}
    if originality is not None:
        notes["novelty"] = round(originality.novelty, 4)
    if nearest is not None:
        place, share = nearest
        notes |= {"nearest": corpus.names[place], "nearest_share": round(share, 4)}
    return notes
