"""Parts that are stretches of DNA: short ones exactly, long ones as the annotator finds its features."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from Bio.Data.IUPACData import ambiguous_dna_values
from Bio.Seq import reverse_complement

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import decode, encode
from rewards.plasmid.engine.hits import find_hits
from rewards.plasmid.engine.index import LOCAL_MIN, FeatureIndex, build_index
from rewards.plasmid.features import Feature
from rewards.plasmid.parts.classes import PART_CLASSES
from rewards.plasmid.parts.sources import Part

MIN_IDENTITY = MIN_COVERAGE = 0.9
"""Least identity and coverage of a long part. A small part that is changed more rarely works."""

_NUMBERS = {name: number for number, name in enumerate(PART_CLASSES)}


@dataclass(frozen=True)
class DnaParts:
    """Finds the parts of kind `dna` on both strands, across the origin of a circle.

    Attributes:
        parts: The parts. From `LOCAL_MIN` bases on, a part without ambiguous letters may differ a little.
    """

    parts: Sequence[Part]

    def find(self, annotation: Annotation) -> Iterator[Feature]:
        """Every occurrence, of long parts first; those of long parts once a place and class."""
        if self._long and annotation.length:
            classes = len(PART_CLASSES)
            for target, start, span, first, last, matches, columns in find_hits(
                annotation.codes, annotation.circular, classes, self._index
            ).tolist():
                part = self._long[target >> 1]
                identity, coverage = matches / columns, (last - first) / len(part.sequence)
                if identity >= MIN_IDENTITY and coverage >= MIN_COVERAGE:
                    strand = -1 if target & 1 else 1
                    yield feature_at(part, start, span, strand, annotation.length, identity, coverage)
        yield from self._exact(annotation)

    def _exact(self, annotation: Annotation) -> Iterator[Feature]:
        length = annotation.length
        text = decode(annotation.codes).decode()
        ahead = max((len(part.sequence) for part in self.parts), default=1) - 1
        frame = text + text[:ahead] if annotation.circular else text
        for part, strand, places in self._searches:
            if len(part.sequence) <= length:
                for start in places(frame):
                    if start < length:
                        yield feature_at(part, start, len(part.sequence), strand, length)

    @cached_property
    def _long(self) -> list[Part]:
        return [part for part in self.parts if len(part.sequence) >= LOCAL_MIN and _plain(part.sequence)]

    @cached_property
    def _index(self) -> FeatureIndex:
        return build_index(
            [encode(part.sequence) for part in self._long], [_NUMBERS[part.part_class] for part in self._long]
        )

    @cached_property
    def _searches(self) -> list[tuple[Part, int, Callable[[str], Iterator[int]]]]:
        exact = [part for part in self.parts if part not in self._long]
        return [
            (part, strand, _search(part.sequence if strand > 0 else reverse_complement(part.sequence)))
            for part in exact
            for strand in ((1,) if reverse_complement(part.sequence) == part.sequence else (1, -1))
        ]


def feature_at(
    part: Part,
    start: int,
    span: int,
    strand: int,
    length: int,
    identity: float = 1.0,
    coverage: float = 1.0,
) -> Feature:
    """The feature of a part at a place of a molecule of `length` bases; `start` may lie behind its end."""
    start %= length
    end = start + span
    return Feature(
        part.name,
        "other",
        start,
        end - length if end > length else end,
        strand,
        span,
        identity,
        coverage,
        False,
        kind=part.part_class,
    )


def _plain(sequence: str) -> bool:
    return set(sequence) <= set("ACGT")


def _search(sequence: str) -> Callable[[str], Iterator[int]]:
    """A function that yields every place of the sequence in a text, overlapping ones too.

    An ambiguous letter stands for its bases; an unknown base of the text matches none.
    """
    if _plain(sequence):
        return partial(_places, sequence)
    letters = "".join(f"[{ambiguous_dna_values[letter]}]" for letter in sequence)
    pattern = re.compile(f"(?={letters})")
    return lambda text: (match.start() for match in pattern.finditer(text))


def _places(sequence: str, text: str) -> Iterator[int]:
    at = text.find(sequence)
    while at >= 0:
        yield at
        at = text.find(sequence, at + 1)
