"""Molecules that only look like plasmids score low, by name; real plasmids score high."""

import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from Bio import SeqIO

from rewards.base import Sample
from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.components.ori import is_bacterial_ori
from rewards.plasmid.files.read import read_paths
from rewards.plasmid.files.record import SequenceRecord
from rewards.plasmid.library.store import load_library
from rewards.plasmid.quality_control import quality_control
from rewards.plasmid.selection import is_bacterial_marker
from tests.rewards.plasmid.edits import AMPR_PROMOTER, build, marker_unit, payload_unit, reference, scored
from tests.rewards.plasmids import (
    AMPR,
    EGFP,
    PUC_ORI,
    T7_TERMINATOR,
    library_sequence,
    random_dna,
    real_plasmids,
    reverse_complement,
    substituted,
)

CASES = Path(__file__).parent / "cases"
PUBLIC = Path(__file__).parents[4] / "shared" / "plasmids_dev"

KINDS = {
    "f1_only": ("the only origin is a phage's", "ori", 0.0, 0.6, "f1 ori (phage origin)"),
    "noise5": ("5 % substitutions: no marker is left", "marker", 0.2, 0.6, ""),
    "ori_fragments_add_up": ("pieces of four origins", "ori", 0.4, 0.6, "fragment, "),
    "parts_420bp_N": ("few parts between unknown bases", "filler", 0.35, 0.35, "79% are unknown"),
    "stop_in_bla": ("a stop codon inside the marker", "marker", 0.2, 0.6, "stop codon after 10% of it"),
}
"""By file: kind, its component, the largest score of that and of the total, words of the message."""


@pytest.mark.parametrize("name", KINDS)
def test_molecules_that_once_scored_like_plasmids(name: str) -> None:
    _, component, most, most_total, words = KINDS[name]
    (record,) = read_paths([CASES / f"{name}.fa"])
    assert isinstance(record, SequenceRecord)
    scores = scored(record.sequence)
    assert scores.components[component][0] <= most
    assert scores.totals[0] <= most_total
    assert words in scores.evaluations[component][0].message


def test_the_plasmid_that_the_hacks_are_made_of_is_good() -> None:
    assert scored(build()).totals[0] > 0.99


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("f1 ori", "phage"),
        ("2-micron ori", "eukaryotic"),
        ("CEN6/ARS4", "eukaryotic"),
        ("SV40 ori", "eukaryotic"),
    ],
)
def test_an_origin_for_another_host_is_no_origin(name: str, kind: str) -> None:
    alone, beside = scored(build(ori=library_sequence(name)), build() + library_sequence(name)).totals
    scores = scored(build(ori=library_sequence(name)))
    assert scores.components["ori"][0] == 0.0
    assert f"{name} ({kind} origin)" in scores.evaluations["ori"][0].message
    assert alone <= 0.6
    if name != "2-micron ori":  # it has an inverted repeat of 600 bases
        assert beside > 0.95


P2A = "GGAAGCGGAGCTACTAACTTCAGCCTGCTGAAGCAGGCTGGAGACGTGGAGGAGAACCCTGGACCT"


def fusion_with_puromycin() -> str:
    """A cassette of EGFP, P2A and the puromycin marker behind the CMV promoter."""
    gene = library_sequence(EGFP)[:-3] + P2A + library_sequence("PuroR (pac)")[3:]
    parts = [library_sequence("CMV promoter"), random_dna(30, 4), gene, random_dna(20, 5)]
    return "".join([*parts, library_sequence(T7_TERMINATOR)])


@pytest.mark.parametrize(
    "name", ["PuroR (pac)", "URA3", "LEU2", "HIS3", "TRP1", "P2A-PuroR", "NeoR/KanR (nptII)"]
)
def test_a_marker_for_other_cells_is_no_marker(name: str) -> None:
    if name == "P2A-PuroR":
        alone, beside = (
            build(marker="", payload=fusion_with_puromycin()),
            build(payload=fusion_with_puromycin()),
        )
    else:
        unit = marker_unit(name, "SV40 early promoter")
        alone, beside = build(marker=unit), build() + random_dna(100, 9) + unit
    scores = scored(alone, beside)
    assert scores.components["marker"].tolist() == [0.0, 1.0]
    assert "(eukaryotic selection)" in scores.evaluations["marker"][0].message
    assert scores.totals[0] <= 0.6
    assert scores.totals[1] > 0.9


@pytest.mark.parametrize("names", [("ori", 4), ("marker", 5), ("cds", 5)])
def test_pieces_of_parts_do_not_add_up(names: tuple[str, int]) -> None:
    feature_class, number = names
    entries = [
        f for f in load_library().features if f.feature_class == feature_class and len(f.sequence) > 500
    ]
    for seed in range(4):
        rng = random.Random(seed)
        pieces = []
        for entry in rng.sample(entries, number):
            size = int(len(entry.sequence) * 0.4)
            start = rng.randrange(len(entry.sequence) - size)
            pieces.append(entry.sequence[start : start + size] + random_dna(60, seed))
        part = "".join(pieces)
        plasmid = {
            "ori": lambda part: build(ori=part),
            "marker": lambda part: build(marker=part),
            "cds": lambda part: build(payload=part),
        }[feature_class](part)
        scores = scored(plasmid)
        assert scores.components[feature_class][0] <= 0.4
        assert scores.totals[0] <= (0.9 if feature_class == "cds" else 0.6)


def test_order_and_orientation_lower_the_score_by_name() -> None:
    good = scored(build()).totals[0]
    marker, gene = library_sequence(AMPR), library_sequence(EGFP)
    promoter, payload = library_sequence(AMPR_PROMOTER), library_sequence("EM7 promoter")
    flipped = {
        "EGFP: EM7 promoter points away from it": payload_unit().replace(
            payload, reverse_complement(payload)
        ),
        "EGFP: ": payload_unit().replace(gene, reverse_complement(gene)),
    }
    for words, unit in flipped.items():
        scores = scored(build(payload=unit))
        assert words in scores.evaluations["expression"][0].message
        assert scores.components["expression"][0] == 0.75
        assert scores.totals[0] < good - 0.05
    for part in (promoter, marker):
        unit = marker_unit().replace(part, reverse_complement(part))
        scores = scored(build(marker=unit))
        assert "AmpR (bla): " in scores.evaluations["expression"][0].message
        assert scores.components["expression"][0] == 0.75
        assert scores.totals[0] < good - 0.03
    tight = "".join(
        library_sequence(name)
        for name in (PUC_ORI, AMPR_PROMOTER, AMPR, "lacUV5 promoter", EGFP, T7_TERMINATOR)
    )
    scores = scored(tight)
    assert "no room behind lacUV5 promoter" in scores.evaluations["expression"][0].message
    assert "of the parts follow the one before" in scores.evaluations["expression"][0].message
    assert scores.totals[0] < good - 0.03


FILLERS = {
    "random": lambda size, seed: random_dna(size, seed),
    "unknown": lambda size, seed: "N" * size,
    "A and T": lambda size, seed: random_dna(size, seed, "AT"),
    "G and C": lambda size, seed: random_dna(size, seed, "GC"),
    "no stop codons": lambda size, seed: "ATG" + random_dna(size // 3 * 3, seed, "ACG") + "TAA",
    "one amino acid": lambda size, seed: (
        "ATG" + "".join(f"GC{b}" for b in random_dna(size // 3, seed)) + "TAA"
    ),
    "dinucleotide": lambda size, seed: "AC" * (size // 2),
    "homopolymer": lambda size, seed: "A" * size,
    "mixed": lambda size, seed: "".join(
        random_dna(50, seed + i, ("AT", "GC", "ACGT")[i % 3]) for i in range(size // 50)
    ),
}


@pytest.mark.parametrize("kind", FILLERS)
def test_filler_between_parts_lowers_the_score(kind: str) -> None:
    parts = [
        library_sequence(name) for name in (PUC_ORI, AMPR_PROMOTER, AMPR, "EM7 promoter", EGFP, T7_TERMINATOR)
    ]
    totals = [
        scored("".join(part + FILLERS[kind](size, 10 * number) for number, part in enumerate(parts))).totals[
            0
        ]
        for size in (20, 700, 1500)
    ]
    assert totals[0] > 0.9 or kind == "homopolymer"
    assert totals[1] < 0.75
    assert totals[2] < 0.3


def test_few_parts_in_filler_score_almost_nothing() -> None:
    few = [library_sequence(name)[:200] for name in (PUC_ORI, AMPR, EGFP)]
    for kind, filler in FILLERS.items():
        molecule = "".join(part + filler(1200, 10 * number) for number, part in enumerate(few))
        assert scored(molecule).totals[0] <= 0.15, kind


def test_copies_score_low() -> None:
    plasmid = build()
    real = next(s for s in real_plasmids() if scored(s).totals[0] > 0.8)
    hacks = {
        "dimer": plasmid * 2,
        "dimer of a real plasmid": real * 2,
        "inverted dimer": plasmid + reverse_complement(plasmid),
        "tandem origins": plasmid + library_sequence(PUC_ORI) * 4,
        "tandem markers": plasmid + library_sequence(AMPR) * 3,
        "tandem genes": plasmid + library_sequence(EGFP) * 3,
        "tandem promoters": plasmid + library_sequence("EM7 promoter") * 30,
    }
    for name, molecule in hacks.items():
        scores = scored(molecule)
        assert scores.components["repeats"][0] <= 0.4, name
        assert scores.totals[0] <= 0.3, name
    (total,) = reference().score([Sample(plasmid, plasmid)]).totals
    assert total <= 0.3


def test_the_terminal_repeats_of_a_lentiviral_vector_cost_nothing() -> None:
    for name in ("Lentiviral 3' LTR (dU3)", "Lentiviral 5' LTR (RSV/HIV-1)"):
        ltr = library_sequence(name)
        vector = build(payload=ltr + random_dna(150, 7) + payload_unit() + random_dna(150, 8) + ltr)
        scores = scored(vector)
        assert scores.components["repeats"][0] == 1.0
        assert scores.totals[0] > 0.95
        (annotation,) = default_annotator().annotate([vector])
        assert quality_control(annotation).passed
    assert scored(vector * 2).components["repeats"][0] == 0.0


@pytest.mark.parametrize(
    "completion", ["", "A", "ACG", "ACGT" * 20, "please, a plasmid " * 40, "N" * 3000, "\n" * 99]
)
def test_completions_that_are_no_molecule_score_nothing(completion: str) -> None:
    scores = reference().score([Sample("ATGAGTATTCAA", completion)])
    assert scores.totals.tolist() == [0.0]
    assert scores.unscored == 0
    messages = [evaluation.message for part in scores.evaluations.values() for evaluation in part]
    assert all(messages)


@pytest.mark.parametrize("seed", range(12))
def test_no_marker_survives_5_percent_substitutions(seed: int) -> None:
    scores = scored(substituted(build(), 0.05, seed))
    assert scores.components["marker"][0] <= 0.2
    assert scores.totals[0] <= 0.6


@cache
def public_plasmids() -> dict[str, str]:
    """Sequences of the public plasmids that are not part of the repository, by name."""
    return {path.stem: str(SeqIO.read(path, "genbank").seq).upper() for path in sorted(PUBLIC.glob("*.gb"))}


@pytest.mark.filterwarnings("ignore:Non-upper case")
@pytest.mark.skipif(not PUBLIC.is_dir(), reason=f"the public plasmids are not at {PUBLIC}")
def test_real_plasmids_score_high_and_above_fillers() -> None:
    plasmids = public_plasmids()
    annotations = default_annotator().annotate(list(plasmids.values()))
    complete = np.array(
        [
            any(is_bacterial_ori(f) and not f.defect for f in annotation.of_class("ori"))
            and any(
                is_bacterial_marker(f, annotation) and not f.defect for f in annotation.of_class("marker")
            )
            for annotation in annotations
        ]
    )
    totals = scored(*plasmids.values()).totals
    assert complete.sum() == 36
    assert np.median(totals[complete]) >= 0.85
    passed = np.array([quality_control(annotation).passed for annotation in annotations])
    assert totals[passed].min() > totals[~passed].max()
    parts = [library_sequence(name) for name in (PUC_ORI, AMPR_PROMOTER, AMPR)]
    fillers = ["".join(p + make(1200, 100 + 7 * n) for n, p in enumerate(parts)) for make in FILLERS.values()]
    assert scored(*fillers).totals.max() < np.median(totals[complete]) - 0.5
