"""GenBank files that SnapGene, Benchling and ApE open with features, directions and colours.

ApE and Benchling write and read `/ApEinfo_fwdcolor` and `/ApEinfo_revcolor`. SnapGene's form is a last
`/note="color: #rrggbb; direction: RIGHT"`
(https://support.snapgene.com/hc/en-us/articles/10242682237588-What-is-Genbank-SnapGene-Format).
Keys and qualifiers: https://www.insdc.org/submitting-standards/feature-table/
"""

import io
import math
import re
import warnings
from typing import Any

from rewards.explain import Explained
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.export.formats import TextFormat, dna_of
from rewards.plasmid.export.keys import genbank_key, regulatory_class
from rewards.plasmid.export.protein import protein_of
from rewards.plasmid.features import UNKNOWN_GENE, Feature
from rewards.plasmid.map.colours import COLOURS
from rewards.plasmid.parts.classes import PART_CLASSES
from rewards.plasmid.shown import label_of, shown_class, shown_features, shown_name

LOCUS_LENGTH, ACCESSION_LENGTH = 16, 60
"""Most characters of the name in the LOCUS line (the format's limit) and in the lines with identifiers."""

_GENE = re.compile(r"(?:^|[(/])([a-z]{3,4}[A-Z0-9]{0,3})(?:$|[)/])")


class GenBank(TextFormat):
    """One GenBank record a molecule: the full name as definition, scores and quality control as comment."""

    def text(self, explained: Explained) -> str:
        """The record as Biopython writes it."""
        from Bio import BiopythonWarning, SeqIO
        from Bio.Seq import Seq
        from Bio.SeqRecord import SeqRecord

        name = shown_name(explained.record.id)
        word = re.sub(r"[^A-Za-z0-9_.+-]+", "_", name).strip("_") or "unnamed"
        record = SeqRecord(
            Seq(dna_of(explained)),
            id=word[:ACCESSION_LENGTH],
            name=word[:LOCUS_LENGTH],
            description=name or ".",
            annotations={
                "molecule_type": "DNA",
                "topology": explained.topology,
                "data_file_division": "SYN",
                "source": "synthetic DNA construct",
                "organism": "synthetic DNA construct",
                "comment": _comment(explained, name),
            },
        )
        record.features = [
            _feature(feature, explained.annotation) for feature in shown_features(explained.annotation)
        ]
        text = io.StringIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BiopythonWarning)  # a word longer than the line stays whole
            SeqIO.write(record, text, "genbank")
        return text.getvalue()


def _comment(explained: Explained, name: str) -> str:
    quality = explained.quality
    lines = [f"Name: {name}"] if name else []
    lines.append(f"Quality control: {'passed' if quality.passed else f'not passed: {quality.reason}'}")
    lines.append(f"Total score: {_score(None if math.isnan(explained.total) else explained.total)}")
    lines += [f"{shown_name(note)}: {shown_name(str(value))}" for note, value in explained.notes.items()]
    for component, evaluation in explained.evaluations.items():
        reason = shown_name(evaluation.message)
        line = f"{component}: {_score(evaluation.score)} (weight {explained.weights[component]:g})"
        lines.append(f"{line} {reason}" if reason else line)
    return "\n".join(lines)


def _score(score: float | None) -> str:
    return "unscored" if score is None else f"{score:.3f}"


def _feature(feature: Feature, annotation: Annotation) -> Any:
    from Bio.SeqFeature import SeqFeature

    kind = regulatory_class(feature)
    qualifiers: dict[str, Any] = {"label": label_of(feature)}
    if kind:
        qualifiers["regulatory_class"] = kind
    key = genbank_key(feature)
    if key == "CDS":
        qualifiers |= _coding(feature, annotation)
    colour = COLOURS[shown_class(feature)]
    qualifiers["ApEinfo_fwdcolor"] = qualifiers["ApEinfo_revcolor"] = colour
    direction = "RIGHT" if feature.strand >= 0 else "LEFT"
    qualifiers["note"] = [*_notes(feature), f"color: {colour}; direction: {direction}"]
    return SeqFeature(_location(feature, annotation.length), type=key, qualifiers=qualifiers)


def _coding(feature: Feature, annotation: Annotation) -> dict[str, Any]:
    """Gene, product and, if the frame is whole, the protein; `/pseudo` marks a gene that does not work."""
    gene = _GENE.search(feature.name)
    product = "hypothetical protein" if feature.name == UNKNOWN_GENE else shown_name(feature.name)
    coding: dict[str, Any] = {"gene": gene[1]} if gene else {}
    coding["product"] = product
    protein = protein_of(feature, annotation)
    if protein:
        return {**coding, "codon_start": 1, "transl_table": protein.table, "translation": protein.letters}
    return {**coding, "pseudo": None} if feature.defect or feature.fragment else coding


def _notes(feature: Feature) -> list[str]:
    notes = []
    if feature.kind:
        notes.append(PART_CLASSES[feature.kind].legend)
    if feature.name != UNKNOWN_GENE and feature.kind != "orf":
        notes.append(f"identity {feature.identity:.1%}, coverage {feature.coverage:.1%}")
    if feature.defect:
        notes.append(feature.defect if feature.fragment else f"broken: {feature.defect}")
    return notes


def _location(feature: Feature, length: int) -> Any:
    """Its place; across the origin two parts in reading order, which `complement(join(...))` stands for."""
    from Bio.SeqFeature import CompoundLocation, SimpleLocation

    end = feature.start + feature.span
    if end <= length:
        return SimpleLocation(feature.start, end, feature.strand)
    parts = [
        SimpleLocation(feature.start, length, feature.strand),
        SimpleLocation(0, end - length, feature.strand),
    ]
    return CompoundLocation(parts if feature.strand >= 0 else parts[::-1])
