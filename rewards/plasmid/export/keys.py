"""The keys of a feature: GenBank's feature key, INSDC's regulatory class and the Sequence Ontology's term."""

import re

from rewards.plasmid.features import Feature
from rewards.plasmid.parts.classes import PART_CLASSES
from rewards.plasmid.shown import shown_class

_KEYS = {
    "ori": "rep_origin",
    "promoter": "promoter",
    "terminator": "terminator",
    "marker": "CDS",
    "cds": "CDS",
    **{name: part.key for name, part in PART_CLASSES.items()},
}
_TERMS = {
    "ori": "origin_of_replication",
    "promoter": "promoter",
    "terminator": "terminator",
    "marker": "CDS",
    "cds": "CDS",
    **{name: part.term for name, part in PART_CLASSES.items()},
}
_REGULATORY_TERMS = {"enhancer": "enhancer", "polyA_signal_sequence": "polyA_signal_sequence"}
_CLASSES = (
    (re.compile(r"poly\(?A", re.IGNORECASE), "polyA_signal_sequence"),
    (re.compile(r"enhancer$", re.IGNORECASE), "enhancer"),
)


def regulatory_class(feature: Feature) -> str:
    """INSDC's regulatory class of an enhancer, poly(A) signal or ribosome binding site; empty for all others.

    The library files the first two with the promoters and terminators.
    """
    if feature.kind:
        return PART_CLASSES[feature.kind].regulatory
    if feature.feature_class not in ("promoter", "terminator"):
        return ""
    return next((kind for pattern, kind in _CLASSES if pattern.search(feature.name)), "")


def genbank_key(feature: Feature) -> str:
    """GenBank's feature key."""
    return "regulatory" if regulatory_class(feature) else _KEYS[shown_class(feature)]


def ontology_term(feature: Feature) -> str:
    """The term of the Sequence Ontology; a gene that is not read in frame has no phase and is no CDS."""
    term = _TERMS[shown_class(feature)]
    if term == "CDS" and (feature.defect or feature.fragment):
        return "pseudogene"
    return _REGULATORY_TERMS.get(regulatory_class(feature), term)
