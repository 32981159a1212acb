"""The calibration benchmark, on what it constructs, and quality control."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import calibration
from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.quality_control import QualityControl, quality_control
from tests.rewards.plasmid.edits import build, marker_unit
from tests.rewards.plasmids import AMPR, library_sequence, random_dna, substituted


def checked(sequence: str) -> QualityControl:
    (annotation,) = default_annotator().annotate([sequence])
    return quality_control(annotation)


def test_auc() -> None:
    def auc(scores: list[float], passed: list[int]) -> float | None:
        return calibration.auc(np.array(scores), np.array(passed, dtype=bool))

    assert auc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]) == 1.0
    assert auc([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1]) == 0.0
    assert auc([0.5, 0.5, 0.5], [0, 1, 1]) == 0.5
    assert auc([0.1, 0.5, 0.3, 0.5], [0, 0, 1, 1]) == pytest.approx((1 + 0 + 1 + 0.5) / 4)
    assert auc([0.1, 0.2], [1, 1]) is None


def test_the_reference_agrees_with_quality_control_on_constructed_molecules() -> None:
    groups = calibration.constructed()
    plasmids, fillers = (calibration.judge(name, samples) for name, samples in groups.items())
    row = plasmids.row()
    assert row["n"] == 15 * calibration.SEEDS
    assert 1 / 15 <= row["qc"] <= 2 / 15
    assert row["auc"] >= 0.98
    assert fillers.passed.all()  # quality control does not see filler
    assert fillers.totals.max() < 0.5


def test_samples_are_read_from_runs_and_sequence_files(tmp_path: Path) -> None:
    run, fasta = tmp_path / "samples.jsonl", tmp_path / "some.fa"
    run.write_text(json.dumps({"prompt": "ATG", "completion": "ACGT", "step": 0}) + "\n")
    fasta.write_text(f">a\n{'ACGT' * 5}\n")
    (sample,) = calibration.samples_of(run)
    assert (sample.prompt, sample.completion) == ("ATG", "ACGT")
    (sample,) = calibration.samples_of(fasta)
    assert (sample.prompt, sample.text) == ("ACGT" * 3, "ACGT" * 5)


def test_quality_control_of_a_sound_plasmid_and_of_faults() -> None:
    assert checked(build()) == QualityControl(True, True, ("ColE1",), ("ampicillin",), "")
    without = checked(build(ori=""))
    assert (without.passed, without.published, without.reason) == (False, False, "0 whole bacterial origins")
    two = checked(build() + library_sequence("p15A ori"))
    assert (two.passed, two.published, two.origins) == (False, False, ("ColE1", "p15A"))
    repeated = checked(build() + library_sequence(AMPR)[:60])
    assert not repeated.passed
    assert "bases in repeats of 50 or more" in repeated.reason


def test_the_published_rule_counts_parts_for_all_hosts_and_asks_for_identity() -> None:
    shuttle = build(marker=marker_unit() + random_dna(80, 3) + marker_unit("URA3", "SV40 early promoter"))
    assert (checked(shuttle).passed, checked(shuttle).published) == (True, False)
    gene = library_sequence(AMPR)
    variant = build().replace(gene, gene[:299] + ("A" if gene[299] != "A" else "C") + gene[300:])
    assert not checked(variant).published
    assert not checked(substituted(build(), 0.03, 1)).published
