"""Which kind of control element a feature is, by INSDC's vocabulary of regulatory classes."""

import re

from rewards.plasmid.features import Feature

_CLASSES = (
    (re.compile(r"poly\(?A", re.IGNORECASE), "polyA_signal_sequence"),
    (re.compile(r"enhancer$", re.IGNORECASE), "enhancer"),
)


def regulatory_class(feature: Feature) -> str:
    """INSDC's regulatory class of an enhancer or a polyadenylation signal; empty for everything else.

    The library files these with the promoters and terminators.
    """
    if feature.feature_class not in ("promoter", "terminator"):
        return ""
    return next((kind for pattern, kind in _CLASSES if pattern.search(feature.name)), "")
