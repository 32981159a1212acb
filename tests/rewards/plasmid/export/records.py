"""Explained records for the tests of files: small ones by hand, generated ones, and real ones."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import strategies as st

from rewards.base import Evaluation
from rewards.explain import Explained, explain
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.export.writer import writer_for
from rewards.plasmid.features import FEATURE_CLASSES, Feature, FeatureClass
from rewards.plasmid.files.read import read_paths
from rewards.plasmid.files.record import SequenceRecord
from rewards.plasmid.library.store import load_library
from rewards.plasmid.suite import reference_suite
from tests.rewards.plasmids import designed_plasmid, real_plasmids

PUBLIC = Path(__file__).parents[5] / "shared" / "plasmids_dev"

GENE = "ATGAAACGCTAA"
"""A gene of three amino acids."""

AWKWARD_NAMES = (
    'a "quoted" name',
    "two\nlines\tand a tab",
    "naïve 质粒 😀",
    "=1+2;a,b&c%20",
    "<script>alert(1)</script>",
    "$x$ and $\\frac{",
    "a-very-long-name-without-any-blank-" * 4,
    "  ",
    "\x00\x1b[31m",
    "\ud800",
)


def feature(
    name: str,
    feature_class: FeatureClass,
    start: int,
    span: int,
    length: int,
    strand: int = 1,
    coverage: float = 1.0,
    defect: str = "",
) -> Feature:
    end = start + span if start + span <= length else start + span - length
    return Feature(name, feature_class, start, end, strand, span, 1.0, coverage, coverage < 0.95, 1.0, defect)


def record(
    sequence: str,
    features: Sequence[Feature] = (),
    name: str = "p1",
    circular: bool = True,
    scores: dict[str, float | None] | None = None,
) -> Explained:
    scores = {"ori": 1.0} if scores is None else scores
    return Explained(
        SequenceRecord(name, sequence, circular),
        Annotation(encode(sequence), circular, tuple(features)),
        {key: Evaluation(score, f"about {key}") for key, score in scores.items()},
        dict.fromkeys(scores, 1.0),
        0.5,
    )


def written(tmp_path: Path, name: str, *records: Explained) -> str:
    """The text of the file `name` with these records."""
    path = tmp_path / name
    with writer_for(path) as write:
        for one in records:
            write(one)
    return path.read_text(encoding="utf-8")


@st.composite
def explained_records(draw: st.DrawFn) -> Explained:
    """Any sequence with any features on it, on a circle also across the origin."""
    sequence = draw(st.text("ACGTacgtNRY", min_size=1, max_size=120))
    length, circular = len(sequence), draw(st.booleans())
    features = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, length - 1))
        span = draw(st.integers(1, length if circular else length - start))
        features.append(
            feature(
                draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90)),
                draw(st.sampled_from(FEATURE_CLASSES)),
                start,
                span,
                length,
                draw(st.sampled_from((1, -1))),
                draw(st.sampled_from((1.0, 0.5))),
                draw(st.sampled_from(("", "stop codon after 35% of it"))),
            )
        )
    name = draw(st.text(max_size=40) | st.sampled_from(AWKWARD_NAMES))
    return record(sequence, sorted(features, key=lambda one: (one.start, one.end)), name, circular)


@cache
def real_records() -> tuple[Explained, ...]:
    """Plasmids of the data packages and, where they are, the public ones, each as a circle and as a line."""
    sequences = [designed_plasmid(), *real_plasmids()[:6]]
    public = read_paths(sorted(PUBLIC.glob("*.gb")))
    sequences += [event.sequence for event in public if isinstance(event, SequenceRecord)]
    records = [
        SequenceRecord(f"p{number}", sequence, circular)
        for number, sequence in enumerate(sequences)
        for circular in (True, False)
    ]
    return tuple(explain(iter(records), reference_suite(), load_library(), 1))


each_awkward_name = pytest.mark.parametrize("name", AWKWARD_NAMES, ids=range(len(AWKWARD_NAMES)))
