"""`Feature`, one result of the annotator."""

from typing import Literal, NamedTuple, get_args

FeatureClass = Literal["ori", "promoter", "terminator", "marker", "cds", "other"]
FEATURE_CLASSES: tuple[FeatureClass, ...] = get_args(FeatureClass)

FRAGMENT_COVERAGE = 0.95
"""A feature with less coverage than this is a fragment (pLannotate's limit)."""

UNKNOWN_GENE = "CDS"
"""Name of a gene that is not in the library."""


class Feature(NamedTuple):
    """One feature on a plasmid.

    Attributes:
        name: Name of the library feature, or `UNKNOWN_GENE`.
        feature_class: One of `FEATURE_CLASSES`.
        start: First base, 0-based, in [0, length of the plasmid).
        end: One past the last base, in (0, length]; at or before `start` if the feature crosses position 0.
        strand: +1 or -1.
        span: Number of bases on the plasmid.
        identity: Matching bases over alignment columns, in (0, 1]; 1 for a gene that is not in the library.
        coverage: Share of the library feature that is aligned, in (0, 1]; 1 for a gene call. For the remnant
            of an unknown gene, the length of its longest stretch without a stop over its whole length.
        fragment: Whether coverage is below `FRAGMENT_COVERAGE`.
        reading: Share of a gene that is read in frame from its start codon to the first stop, in [0, 1]; 1 if
            the frame is intact. Computed for markers and for library genes that overlap no gene call; equal
            to coverage for remnants; 1 for everything else.
        defect: What keeps the feature from working, in a few words; empty if it is whole.
        kind: Class of a small part, a key of `PART_CLASSES`; empty for the features that rewards read.
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
    defect: str = ""
    kind: str = ""
