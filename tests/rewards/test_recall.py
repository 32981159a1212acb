"""Recall on real plasmids that no data package contains. They are outside the repository, in `folder`."""

import sys
from functools import cache
from pathlib import Path
from random import Random

import pytest

from rewards.plasmid.library.corpus import annotated_plasmids
from tests.rewards.plasmids import random_dna, reverse_complement
from tests.rewards.test_annotator import annotate, comparable

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import recall  # noqa: E402

folder = ROOT.parent / "shared" / "plasmids_dev"

pytestmark = pytest.mark.skipif(
    not folder.is_dir(), reason=f"RECALL IS NOT MEASURED: the annotated plasmids are not at {folder}"
)

MIN_RECALL = {"ori": 0.95, "promoter": 0.92, "terminator": 0.92, "marker": 0.98, "cds": 0.94}
MAX_LOSS = 0.03


@cache
def plasmids() -> tuple[recall.Annotated, ...]:
    """The annotated plasmids that no data package contains."""
    return tuple(recall.without_shipped(map(recall.read_annotated, sorted(folder.glob("*.gb")))))


def shares(substitutions: float, seed: int = 0) -> dict[str, float]:
    annotate_one = recall.ours()
    if seed:
        sequences = [
            recall.Annotated(
                p.name, recall.substitute(p.sequence, substitutions, Random(seed * 1000 + i)), p.truth
            )
            for i, p in enumerate(plasmids())
        ]
        counts, _ = recall.measure(sequences, annotate_one)
    else:
        counts, _ = recall.measure(plasmids(), annotate_one, substitutions)
    return {name: found / total for name, (found, total) in counts.items()}


def test_there_are_at_least_30_plasmids() -> None:
    assert len(plasmids()) >= 30


def test_plasmids_of_data_packages_are_left_out() -> None:
    shipped = annotated_plasmids()[5].sequence
    turned = shipped[700:] + shipped[:700]
    own = recall.Annotated("own", random_dna(3000, 1), ())
    taken = [recall.Annotated("shipped", text, ()) for text in (shipped, turned, reverse_complement(turned))]
    assert recall.without_shipped([*taken, own]) == [own]


def test_recall_of_each_class() -> None:
    found = shares(0.0)
    assert {name: found[name] >= minimum for name, minimum in MIN_RECALL.items()} == dict.fromkeys(
        MIN_RECALL, True
    ), found


def test_recall_at_5_percent_substitutions() -> None:
    clean = shares(0.0)
    noisy = [shares(0.05, seed) for seed in (1, 2, 3)]
    for name in MIN_RECALL:
        assert clean[name] - sum(share[name] for share in noisy) / 3 <= MAX_LOSS, (name, clean, noisy)


def test_features_of_real_plasmids_do_not_depend_on_rotation_and_strand() -> None:
    for number, plasmid in enumerate(plasmids()):
        base = comparable(annotate(plasmid.sequence))
        for turn in range(17 * number, len(plasmid.sequence), len(plasmid.sequence) // 14):
            turned = plasmid.sequence[turn:] + plasmid.sequence[:turn]
            assert comparable(annotate(turned), turn) == base
            assert comparable(annotate(reverse_complement(turned)), turn, reverse=True) == base


@pytest.mark.skipif(not (folder / "plannotate").is_dir(), reason="pLannotate's calls are not there")
def test_agreement_with_plannotate() -> None:
    calls = recall.without_shipped(
        map(recall.read_plannotate, sorted((folder / "plannotate").glob("*.json")))
    )
    counts, missed = recall.measure(calls, recall.ours())
    found, total = (sum(column) for column in zip(*counts.values(), strict=True))
    assert total >= 30
    assert found / total >= 0.9, missed
