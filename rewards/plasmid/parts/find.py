"""All small parts and open reading frames of an annotated molecule."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.features import Feature
from rewards.plasmid.parts.dna import DnaParts
from rewards.plasmid.parts.frames import find_orfs, find_peptides
from rewards.plasmid.parts.sources import Part, known_parts
from rewards.plasmid.parts.starts import find_starts


class PartFinder:
    """Finds the known parts and those of the user.

    Args:
        own: Parts of the user; of two at one place, theirs is kept.
    """

    def __init__(self, own: Sequence[Part] = ()) -> None:
        self.parts = (*own, *known_parts())

    def find(self, annotation: Annotation) -> tuple[Feature, ...]:
        """The parts, without those that lie in a longer one of their class; sorted by start.

        Features of the annotation are not changed and not repeated.
        """
        if not annotation.length:
            return ()
        found = [
            *self._dna.find(annotation),
            *find_peptides(annotation, self._of_kind("peptide")),
            *find_starts(annotation, self._of_kind("start", "upstream")),
        ]
        parts = [*_largest(found, annotation.length), *find_orfs(annotation)]
        return tuple(sorted(parts, key=lambda part: (part.start, part.span, part.name)))

    @cached_property
    def _dna(self) -> DnaParts:
        return DnaParts(self._of_kind("dna"))

    def _of_kind(self, *kinds: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.kind in kinds)


def _largest(found: Iterable[Feature], length: int) -> list[Feature]:
    """The features that no longer one of the same class holds; of equal ones, the first.

    A primer is held only by one on its strand: two that face each other are different.
    """
    kept: list[Feature] = []
    for part in sorted(found, key=lambda part: -part.span):
        if not any(
            other.kind == part.kind
            and (other.strand == part.strand or part.kind != "primer")
            and (part.start - other.start) % length + part.span <= other.span
            for other in kept
        ):
            kept.append(part)
    return kept
