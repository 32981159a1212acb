"""The protein of a gene whose reading frame is whole."""

from typing import NamedTuple

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.families import family_of
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import sequence_of

BACTERIAL_CODE, STANDARD_CODE = 11, 1
"""NCBI's numbers of the genetic codes. They differ in the start codons only."""


class Protein(NamedTuple):
    """Amino acids of a gene without its stop, and NCBI's number of the genetic code."""

    letters: str
    table: int


def protein_of(feature: Feature, annotation: Annotation) -> Protein | None:
    """The protein of a gene that works; None if its frame is not whole or a base of it is unknown.

    Markers of yeast and mammalian cells are read with the standard code, all other genes with the bacterial
    one.
    """
    from Bio.Data.CodonTable import unambiguous_dna_by_id
    from Bio.Seq import Seq

    bases = sequence_of(annotation.codes, feature.start, feature.span, feature.strand).decode()
    if feature.defect or feature.fragment or feature.reading < 1 or len(bases) % 3 or "N" in bases:
        return None
    eukaryotic = family_of(feature.name, feature.feature_class).host == "eukaryotic"
    code = STANDARD_CODE if eukaryotic else BACTERIAL_CODE
    letters = str(Seq(bases).translate(table=code)).removesuffix("*")
    if not letters or "*" in letters:
        return None
    if bases[:3] in unambiguous_dna_by_id[code].start_codons:
        letters = f"M{letters[1:]}"
    return Protein(letters, code)
