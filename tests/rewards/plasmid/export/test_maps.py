"""Maps: what is on them, that labels do not collide, and restriction sites."""

import subprocess
import sys
import warnings
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from Bio.Restriction import BamHI, EcoRI
from Bio.Seq import Seq
from matplotlib.text import Annotation as Label
from matplotlib.text import Text

from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.map.circle import circle_map
from rewards.plasmid.map.draw import draw_map
from rewards.plasmid.map.line import line_map
from rewards.plasmid.map.parts import LABEL_SIZE, levels_of, tick_step
from rewards.plasmid.map.sites import Site, single_cutters
from rewards.plasmid.shown import label_of, shown_features
from tests.rewards.plasmid.export.records import (
    GENE,
    each_awkward_name,
    feature,
    real_records,
    record,
    written,
)
from tests.rewards.plasmids import random_dna

mpl.use("Agg")


def labels_on(figure) -> list:
    """The labels of features and sites on a figure, as matplotlib texts."""
    return [
        text
        for text in figure.axes[0].texts
        if (isinstance(text, Label) or figure.get_figwidth() > 10)
        and text.get_text()
        and (text.get_size() == LABEL_SIZE or text.get_color() == "#666666")
    ]


@pytest.mark.parametrize("draw", [circle_map, line_map])
def test_no_two_labels_of_a_real_plasmid_collide(draw) -> None:
    for explained in [one for one in real_records() if one.record.circular is (draw is circle_map)][:5]:
        features = shown_features(explained.annotation)
        figure = draw(explained.annotation.length, features, "name", single_cutters(explained.annotation))
        boxes = [(text.get_text(), Text.get_window_extent(text)) for text in labels_on(figure)]
        assert len(boxes) > len(features) / 2
        for index, (one, box) in enumerate(boxes):
            for other, rival in boxes[index + 1 :]:
                overlap = min(box.x1, rival.x1) - max(box.x0, rival.x0)
                above = min(box.y1, rival.y1) - max(box.y0, rival.y0)
                assert min(overlap, above) < 1, f"{one} collides with {other}"
        mpl.pyplot.close(figure)


def test_overlapping_features_have_levels_of_their_own() -> None:
    features = [
        feature("a", "ori", 0, 10, 100),
        feature("b", "cds", 5, 50, 100),
        feature("c", "cds", 95, 10, 100),  # across the origin, over the first one
        feature("d", "cds", 60, 10, 100),
    ]
    assert levels_of(features, 100) == [1, 0, 0, 0]


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
@pytest.mark.parametrize("circular", [True, False])
def test_formats(tmp_path: Path, suffix: str, circular: bool) -> None:
    features = [feature("f1 ori", "ori", 350, 100, 400 if circular else 450, -1)]
    drawn = record(random_dna(400 if circular else 450, 1), features, circular=circular)
    paths = [tmp_path / f"{number}{suffix}" for number in range(2)]
    for path in paths:
        draw_map(drawn.annotation, "p", path, sites=True)
    start = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix]
    assert paths[0].read_bytes().startswith(start)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_first_map_of_a_process_has_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from rewards.plasmid.map.draw import draw_map\n"
        "from tests.rewards.plasmid.export.records import GENE, record\n"
        f"draw_map(record(GENE).annotation, 'p', Path({str(tmp_path / 'first.svg')!r}))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    draw_map(record(GENE).annotation, "p", tmp_path / "later.svg")
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "later.svg").read_bytes()


@each_awkward_name
@pytest.mark.parametrize("circular", [True, False])
def test_any_name_can_be_drawn(tmp_path: Path, name: str, circular: bool) -> None:
    path = tmp_path / "map.svg"
    drawn = record(GENE * 10, [feature(name, "ori", 3, 60, 120)], circular=circular)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_map(drawn.annotation, name, path)
    ElementTree.parse(path)


def test_an_empty_annotation_and_a_single_base_are_drawn(tmp_path: Path) -> None:
    for circular in (True, False):
        for sequence in ("A", GENE):
            draw_map(record(sequence, circular=circular).annotation, "p", tmp_path / "map.png", sites=True)
    with pytest.raises(ValueError, match="the sequence is empty"):
        draw_map(record("").annotation, "p", tmp_path / "map.png")


def test_each_record_has_a_picture_of_its_own(tmp_path: Path) -> None:
    assert written(tmp_path, "a.svg", record(GENE), record(""), record(GENE)).startswith("<?xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.svg", "a.svg"]


def test_single_cutters() -> None:
    filler = "AT" * 30
    cut_once, cut_twice = f"{filler}GAATTC{filler}GGATCC", f"{filler}GGATCC{filler}"
    annotation = record(cut_once + cut_twice).annotation
    sites = single_cutters(annotation)
    assert Site("EcoRI", EcoRI.search(Seq(cut_once))[0] - 1) in sites
    assert Site("EcoRI", 61) in sites
    assert "BamHI" not in [site.enzyme for site in sites]
    assert len(BamHI.search(Seq(cut_once + cut_twice))) == 2


def test_a_site_across_the_origin_exists_on_circles_only() -> None:
    sequence = f"TTC{'AT' * 30}GAA"
    assert Site("EcoRI", 64) in single_cutters(record(sequence).annotation)
    assert not single_cutters(record(sequence, circular=False).annotation)


def test_a_gene_that_is_also_a_marker_is_shown_once() -> None:
    (explained, *_) = (one for one in real_records() if one.record.circular)
    annotation = default_annotator().annotate([explained.record.sequence])[0]
    names = [one.name for one in shown_features(annotation)]
    assert (
        sorted(one.name for one in annotation.features if one.name.startswith("AmpR (")) == ["AmpR (bla)"] * 2
    )
    assert names.count("AmpR (bla)") == 1


@pytest.mark.parametrize(
    ("coverage", "defect", "label"),
    [(1.0, "", "EGFP"), (0.5, "fragment, 50% of it", "EGFP (fragment)"), (1.0, "no stop", "EGFP (broken)")],
)
def test_labels(coverage: float, defect: str, label: str) -> None:
    assert label_of(feature("EGFP", "cds", 0, 12, 12, coverage=coverage, defect=defect)) == label
    assert label_of(feature("CDS", "cds", 0, 12, 12)) == "ORF"


@pytest.mark.parametrize(("length", "step"), [(1, 50), (600, 50), (601, 100), (9288, 1000), (10**6, 10**9)])
def test_ruler(length: int, step: int) -> None:
    assert tick_step(length) == step
