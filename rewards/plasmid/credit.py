"""Credit of one feature, in [0, 1]: 1 if it is complete and exact, less if it is incomplete or mutated."""

from rewards.plasmid.features import UNKNOWN_GENE, Feature

NO_CREDIT_IDENTITY = 0.70
"""Identity up to which the identity credit is 0."""

FULL_CREDIT_IDENTITY = 0.98
"""Identity from which the identity credit is 1."""

BROKEN_FRAME = 0.2
"""Credit of a gene whose reading frame is broken just before its end, relative to a whole one."""

GENE_FRAGMENT = 0.3
"""Credit of a piece of a gene, relative to its share of the gene: no piece of a gene works."""

CHANGED_PART = 0.3
"""Credit of an origin, promoter or terminator with a changed stretch, relative to a whole one."""

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


def part_credit(feature: Feature) -> float:
    """Credit of an origin, promoter or terminator, in [0, 1].

    `sequence_credit` if it is whole, times the coverage once more for a fragment, times `CHANGED_PART` if a
    stretch of it is changed.
    """
    if feature.fragment:
        return sequence_credit(feature) * feature.coverage
    return sequence_credit(feature) * (CHANGED_PART if feature.defect else 1.0)


def marker_credit(feature: Feature) -> float:
    """Credit of a gene of the library, in [0, 1].

    `sequence_credit` if it is whole, times `GENE_FRAGMENT` for a fragment, times `BROKEN_FRAME` and the share
    that is read in frame for a broken reading frame.
    """
    credit = sequence_credit(feature)
    if feature.reading < 1.0 or (feature.defect and not feature.fragment):
        return credit * BROKEN_FRAME * feature.reading
    return credit * GENE_FRAGMENT if feature.fragment else credit


def gene_credit(feature: Feature) -> float:
    """Credit of a gene other than a marker, in [0, 1].

    Unknown genes: the length credit, which rises linearly from 0 at 150 bases to 1 at 600 (short open reading
    frames occur by chance), times `BROKEN_FRAME` and the open share if it is broken. Library genes:
    `marker_credit`, or the length credit if that is larger and the gene is whole.
    """
    by_length = min(1.0, max(0.0, (feature.span - NO_CREDIT_GENE) / (FULL_CREDIT_GENE - NO_CREDIT_GENE)))
    if feature.name == UNKNOWN_GENE:
        return by_length * (BROKEN_FRAME * feature.reading if feature.defect else 1.0)
    known = marker_credit(feature)
    return known if feature.defect else max(by_length, known)
