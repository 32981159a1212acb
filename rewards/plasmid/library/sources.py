"""The sources of the default tier: functions that read library features from installed data.

Their order matters: if features of several sources fall into one cluster, the first one represents it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewards.plasmid.assembly.genes import find_genes
from rewards.plasmid.engine.bases import decode, encode, reverse_complement
from rewards.plasmid.features import FeatureClass
from rewards.plasmid.library.corpus import corpus_files, genbank_records
from rewards.plasmid.library.entry import LibraryFeature
from rewards.plasmid.library.packages import literal_assignments, package_files

PUBLISHED = Path(__file__).with_name("published.tsv")

CLASS_OF_TYPE: dict[str, FeatureClass] = {
    "rep_origin": "ori",
    "promoter": "promoter",
    "terminator": "terminator",
    "polyA_signal": "terminator",
    "CDS": "cds",
    "LTR": "other",
}

SELECTION_MARKER = re.compile(
    r"^(amp|ap|kan|km|neo|cm|cam|hyg|nat|sm|spec|str|zeo|bleo|puro|blast|bsd|gm|gent|tc)(r|\b)|zeocinr|tetr/teta"
    r"|^(bla|cat|nptii|aada|aac|hph|nourseothricin|ura3|leu2|his3|his5|his4|trp1|lys2|ade2|met15|kanmx|bar|pat)\b",
    re.IGNORECASE,
)
"""Names of selection markers. `TetR` alone is a repressor and no marker."""

NOT_A_FEATURE = re.compile(r"primer|fragment|\bFRT\b|barcode|homology|consensus", re.IGNORECASE)

# SEVA and BASIC annotate their parts as misc_feature or regulatory, so the name decides the class.
PART_CLASS: tuple[tuple[re.Pattern[str], FeatureClass], ...] = (
    (re.compile(r"^SEVA_(RK2|pBBR1|pRO1600/ColE1|RSF101.*|pSC101|p15A|pBR322-ROP)$"), "ori"),
    (re.compile(r"^SEVA_T[01]$|^Terminator\d$|terminator$|^B0015$", re.IGNORECASE), "terminator"),
    (
        re.compile(
            r"promoter$|^J23\d{3}$|^(Phlf|CymR|TetR|VanR|LuxR|CinR|LacI|AraC|BetI|Ttg|SaITTC)$", re.IGNORECASE
        ),
        "promoter",
    ),
)

MARKER_PART = re.compile(r"^SEVA_(Ap|Km|Cm|Sm/Sp|Tet|Gm)\b")
"""SEVA's antibiotic modules: parts of promoter and gene; only the gene is the marker."""

MIN_BASES = 17
"""Shorter features occur by chance on a plasmid of ordinary length."""

ENGINEERED_RESISTANCE = re.compile(
    r"^(blaTEM-(1[AB]|116)|aph\(3'\)-(Ia|IIa|III|IIIa)|aph\(4\)-Ia|aph\(3''\)-Ib|aph\(6\)-Id|aac\(3\)-(Ia|IIa|IV|IVa)"
    r"|aac\(6'\)-aph\(2''\)|aadA[12]|aadD|ant\(3''\)-Ia|catA1|cat\(pC194\)|tet\([ABCKLM]\)|erm\([BCE]\)|dfrA1|dfrB1"
    r"|sul1|bleO|fosA)_"
)
"""ResFinder genes that are selection markers of cloning vectors; the others are the tier `resistance`."""


def splicecraft_presets() -> Iterator[LibraryFeature]:
    """Features of SpliceCraft's presets (MIT); each preset names its GenBank accession."""
    (path,) = package_files("splicecraft", "splicecraft_presets.py")
    for preset in literal_assignments(path)["_FEATURE_PRESETS"]:
        feature_class = CLASS_OF_TYPE.get(preset["feature_type"])
        if preset["category"] == "Resistance":
            feature_class = "marker"
        elif preset["name"] == "CMV enhancer":
            feature_class = "promoter"
        if feature_class is not None:
            yield LibraryFeature(
                preset["name"], feature_class, preset["sequence"], f"splicecraft: {preset['source']}"
            )


def _label(feature: Any) -> str:
    for key in ("label", "standard_name", "gene", "product", "note"):
        if key in feature.qualifiers:
            return str(feature.qualifiers[key][0]).strip()
    return ""


def _class_of(feature_type: str, label: str) -> FeatureClass | None:
    """Class by the label, else by the GenBank feature type; None if it is not a library feature."""
    if not label or NOT_A_FEATURE.search(label) or feature_type in ("source", "primer_bind"):
        return None
    if feature_type == "CDS":
        return "marker" if SELECTION_MARKER.search(label) else "cds"
    if MARKER_PART.search(label):
        return "marker"
    for pattern, feature_class in PART_CLASS:
        if pattern.search(label):
            return feature_class
    return CLASS_OF_TYPE.get(feature_type)


def _feature_name(label: str, feature_class: FeatureClass) -> str:
    """The label, completed with the class if it does not name it: `SEVA_pBBR1` becomes `pBBR1 ori`."""
    label = label.removeprefix("SEVA_")
    if feature_class in ("ori", "promoter", "terminator") and not re.search(
        rf"\b{feature_class}|ori|ARS|term|PolyA|^t[A-Z]", label, re.IGNORECASE
    ):
        return f"{label} {feature_class}"
    return f"{label} resistance" if label in ("Ap", "Km", "Cm", "Sm/Sp", "Tet", "Gm") else label


def longest_gene(sequence: str) -> str:
    """Bases of the longest gene call on a part, read on the strand of the gene; empty if there is none."""
    part = sequence.encode()
    genes = sorted(find_genes(part), key=lambda gene: gene.start - gene.end)
    if not genes:
        return ""
    codes = encode(sequence[genes[0].start : genes[0].end])
    return decode(codes if genes[0].strand > 0 else reverse_complement(codes)).decode()


def plasmid_features() -> Iterator[LibraryFeature]:
    """Features annotated on plasmids of the data packages (MoClo and SpliceCraft MIT, basicsynbio BSD)."""
    for package, record in genbank_records():
        for feature in record.features:
            label = _label(feature)
            feature_class = _class_of(feature.type, label)
            if feature_class is None:
                continue
            sequence = str(feature.extract(record.seq)).upper()
            if MARKER_PART.search(label):
                sequence = longest_gene(sequence)
            min_bases = {"cds": 60, "marker": 300, "ori": 80}.get(feature_class, MIN_BASES)
            if len(sequence) >= min_bases:
                name = _feature_name(label, feature_class)
                yield LibraryFeature(name, feature_class, sequence, f"{package}: {record.id}")


def resfinder_files() -> list[Path]:
    """ResFinder's files, one per drug class; `all.fsa`, which repeats them, is left out."""
    return [
        path for path in package_files("staramr", ".fsa", "data/dist/resfinder/") if path.name != "all.fsa"
    ]


def resfinder_genes(engineered: bool) -> Iterator[LibraryFeature]:
    """Resistance genes of ResFinder, from the package staramr (Apache-2.0).

    Args:
        engineered: True for the selection markers of cloning vectors, False for all other genes.
    """
    from Bio import SeqIO

    for path in resfinder_files():
        for record in SeqIO.parse(path, "fasta"):
            if bool(ENGINEERED_RESISTANCE.search(record.id)) is engineered:
                name = record.id.split("_")[0]
                yield LibraryFeature(name, "marker", str(record.seq).upper(), f"ResFinder: {record.id}")


def published_sequences() -> Iterator[LibraryFeature]:
    """The short sequences of `published.tsv`, each with the source it was checked against.

    A source is a record of a data package that contains the sequence, or a file at one commit of a public
    repository, with the name of the sequence (or of the annotated stretch that contains it) in that file. The
    repositories are Addgene's feature list (addgene/giraffe, MIT), Addgene's annotated plasmids
    (JMante1/Addgene-Annotation, BSD-3-Clause) and the iGEM distribution (CC-BY-4.0).
    """
    for line in PUBLISHED.read_text(encoding="utf-8").splitlines()[1:]:
        name, feature_class, sequence, source = line.split("\t")
        yield LibraryFeature(name, feature_class, sequence, source)  # type: ignore[arg-type]


def default_tier() -> list[LibraryFeature]:
    """All features of the default tier, before clustering. Their licences are permissive."""
    return [
        *published_sequences(),
        *splicecraft_presets(),
        *plasmid_features(),
        *resfinder_genes(engineered=True),
    ]


def default_files() -> list[Path]:
    """All files that the default tier is read from. Their content is part of the cache key."""
    return [
        PUBLISHED,
        *package_files("splicecraft", "splicecraft_presets.py"),
        *corpus_files(),
        *resfinder_files(),
    ]
