"""Credit of one feature, in [0, 1]: 1 if it is complete and exact, less if it is incomplete or mutated."""

from rewards.plasmid.features import UNKNOWN_GENE, Feature

NO_CREDIT_IDENTITY = 0.70
"""Identity up to which the identity credit is 0."""

FULL_CREDIT_IDENTITY = 0.98
"""Identity from which the identity credit is 1."""

BROKEN_FRAME_FLOOR = 0.3
BROKEN_FRAME_SLOPE = 0.4

NO_CREDIT_GENE = 150
"""Length in bases up to which a gene gets no credit for its length."""

FULL_CREDIT_GENE = 600
"""Length in bases from which a gene gets full credit: 200 codons without a stop rarely occur by chance."""


def sequence_credit(feature: Feature) -> float:
    """Coverage times identity credit, in [0, 1].

    The identity credit rises linearly from 0 at 70 % identity to 1 at 98 %. Natural variants of a part get
    nearly full credit, and each base that a policy corrects still raises the score.
    """
    ramp = (feature.identity - NO_CREDIT_IDENTITY) / (FULL_CREDIT_IDENTITY - NO_CREDIT_IDENTITY)
    return feature.coverage * min(1.0, max(0.0, ramp))


def frame_credit(feature: Feature) -> float:
    """1 if the reading frame is intact, else 0.3 + 0.4 x `feature.reading`."""
    return 1.0 if feature.reading >= 1.0 else BROKEN_FRAME_FLOOR + BROKEN_FRAME_SLOPE * feature.reading


def gene_credit(feature: Feature) -> float:
    """Credit of a gene, in [0, 1].

    Unknown genes: the length credit, which rises linearly from 0 at 150 bases to 1 at 600 (short open reading
    frames occur by chance), times `frame_credit`. Library genes: `sequence_credit` times `frame_credit`, or
    the length credit if that is larger and the frame is intact.
    """
    by_length = min(1.0, max(0.0, (feature.span - NO_CREDIT_GENE) / (FULL_CREDIT_GENE - NO_CREDIT_GENE)))
    if feature.name == UNKNOWN_GENE:
        return by_length * frame_credit(feature)
    known = sequence_credit(feature) * frame_credit(feature)
    return known if feature.reading < 1.0 else max(by_length, known)
