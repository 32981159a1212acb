"""What people are shown of a molecule: each gene once, with a label, and names on one line."""

from heapq import merge

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.circle import shared_bases
from rewards.plasmid.features import UNKNOWN_GENE, Feature


def shown_features(annotation: Annotation) -> list[Feature]:
    """The features and parts of an annotation by start, without genes that are also reported as markers."""
    markers = annotation.of_class("marker")
    genes = [
        feature
        for feature in annotation.features
        if feature.feature_class != "cds"
        or not any(_same_gene(feature, marker, annotation.length) for marker in markers)
    ]
    return list(merge(genes, annotation.parts, key=lambda feature: feature.start))


def shown_class(feature: Feature) -> str:
    """The class under which a feature is written and drawn: that of a part, or else one of the library's.

    The library's class `other` holds long terminal repeats only.
    """
    return feature.kind or ("ltr" if feature.feature_class == "other" else feature.feature_class)


def _same_gene(gene: Feature, marker: Feature, length: int) -> bool:
    return (gene.name, gene.strand) == (marker.name, marker.strand) and bool(
        shared_bases(gene.start, gene.span, marker.start, marker.span, length)
    )


def label_of(feature: Feature) -> str:
    """Name of a feature, with a word in brackets if it does not work; `ORF` for a gene without a name."""
    name = "ORF" if feature.name == UNKNOWN_GENE else shown_name(feature.name)
    state = "fragment" if feature.fragment else "broken" if feature.defect else ""
    return f"{name} ({state})" if state else name


def shown_name(text: str) -> str:
    """A text on one line: control characters, line ends and runs of blanks become one blank."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
