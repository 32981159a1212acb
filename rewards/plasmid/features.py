"""The feature: what the annotator finds on a plasmid."""

from typing import Literal, NamedTuple, get_args

FeatureClass = Literal["ori", "promoter", "terminator", "marker", "cds", "other"]
FEATURE_CLASSES: tuple[FeatureClass, ...] = get_args(FeatureClass)

FRAGMENT_COVERAGE = 0.95
"""A feature covered less than this is a fragment (the bound pLannotate uses)."""


class Feature(NamedTuple):
    """One feature on a plasmid of known length.

    Attributes:
        name: Canonical name of the library cluster, or `CDS` for a gene that the library does not know.
        feature_class: One of `FEATURE_CLASSES`.
        start: First base, 0-based, in [0, length of the plasmid).
        end: One past the last base, modulo the length: at or before `start` where it crosses the origin.
        strand: +1 or -1.
        span: Number of bases on the plasmid.
        identity: Matching bases over alignment columns, in (0, 1]; 1 for a gene call without a library name.
        coverage: Share of the library feature that is aligned, in (0, 1]; 1 for a gene call, and for the
            remnant of an unknown gene the share of its longest run without a stop.
        fragment: True where coverage is below `FRAGMENT_COVERAGE`.
        reading: For markers, and for library genes that no gene call speaks for, and for remnants, the share
            of the gene that is read in frame from its start codon before the first stop (1 where the frame is
            intact); else 1.
    """

    name: str
    feature_class: FeatureClass
    start: int
    end: int
    strand: int
    span: int
    identity: float
    coverage: float
    fragment: bool
    reading: float = 1.0
