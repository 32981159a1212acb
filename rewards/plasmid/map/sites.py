"""Restriction sites that are cut exactly once."""

from functools import cache
from typing import Any, NamedTuple

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import decode

SIX_BASES = 4**6
"""An enzyme that recognises six bases cuts once in so many. Editors show enzymes from this on."""

NEW_ENGLAND_BIOLABS = "N"
"""Its code in REBASE."""


class Site(NamedTuple):
    """A restriction site: name of the enzyme, and the base before which it cuts the + strand, 0-based."""

    enzyme: str
    position: int


@cache
def _enzymes() -> Any:
    """Biopython's commercial enzymes that recognise at least six bases, as a batch."""
    from Bio.Restriction import CommOnly, RestrictionBatch  # type: ignore[attr-defined]  # made at import

    return RestrictionBatch([enzyme for enzyme in CommOnly if enzyme.freq >= SIX_BASES])


def _fame(enzyme: Any) -> tuple[bool, int]:
    return NEW_ENGLAND_BIOLABS in enzyme.suppl, len(enzyme.suppl)


def single_cutters(annotation: Annotation) -> list[Site]:
    """Sites of the enzymes that cut a molecule exactly once, by position.

    Of the enzymes that recognise one sequence, one stands for all: the one that New England Biolabs sells,
    whose names are the usual ones, and else the one with the most suppliers.
    """
    from Bio.Seq import Seq

    found = _enzymes().search(Seq(decode(annotation.codes).decode()), linear=not annotation.circular)
    best: dict[str, Any] = {}
    for enzyme, cuts in sorted(found.items(), key=lambda item: str(item[0])):
        if len(cuts) == 1:
            rival = best.get(enzyme.site)
            if rival is None or _fame(enzyme) > _fame(rival):
                best[enzyme.site] = enzyme
    sites = [Site(str(enzyme), (found[enzyme][0] - 1) % annotation.length) for enzyme in best.values()]
    return sorted(sites, key=lambda site: (site.position, site.enzyme))
