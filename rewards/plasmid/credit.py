"""How much one found feature counts: whole and exact is 1, a cut or mutated one is in between."""

from rewards.plasmid.features import Feature

NO_CREDIT_IDENTITY = 0.70
FULL_CREDIT_IDENTITY = 0.98

BROKEN_FRAME_FLOOR = 0.3
BROKEN_FRAME_SLOPE = 0.4

NO_CREDIT_GENE = 150
FULL_CREDIT_GENE = 600
"""Bases from which an unknown gene counts in full: 200 codons, which chance does not leave open."""


def sequence_credit(feature: Feature) -> float:
    """Coverage x identity credit, in [0, 1].

    The identity credit rises linearly from 0 at 70 % to 1 at 98 %: natural variants of a part are nearly
    whole, and every base that a policy mends still pays.
    """
    ramp = (feature.identity - NO_CREDIT_IDENTITY) / (FULL_CREDIT_IDENTITY - NO_CREDIT_IDENTITY)
    return feature.coverage * min(1.0, max(0.0, ramp))


def frame_credit(feature: Feature) -> float:
    """1 where the reading frame is intact, else 0.3 + 0.4 x the share that is read before the first stop."""
    return 1.0 if feature.reading >= 1.0 else BROKEN_FRAME_FLOOR + BROKEN_FRAME_SLOPE * feature.reading


def gene_credit(feature: Feature) -> float:
    """Credit of a gene, in [0, 1]: the larger of what its length and what its likeness to a known gene earn.

    Length counts from 0 at 150 bases to 1 at 600, since short open frames arise by chance, and less where
    stops break the frame. A known gene counts by `sequence_credit` and `frame_credit` whatever its
    length.
    """
    by_length = min(1.0, max(0.0, (feature.span - NO_CREDIT_GENE) / (FULL_CREDIT_GENE - NO_CREDIT_GENE)))
    if feature.name == "CDS":
        return by_length * frame_credit(feature)
    known = sequence_credit(feature) * frame_credit(feature)
    return known if feature.reading < 1.0 else max(by_length, known)
