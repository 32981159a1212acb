"""Exact values of the formulas by which the rewards see whole, working parts."""

import pytest

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.expression import Expression
from rewards.plasmid.components.filler import Filler
from rewards.plasmid.components.marker import Marker
from rewards.plasmid.components.ori import Ori
from rewards.plasmid.components.repeats import Repeats
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.features import Feature
from rewards.plasmid.selection import marker_use
from tests.rewards.plasmids import random_dna
from tests.rewards.test_formulas import feature, plasmid


def test_pieces_do_not_add_up_and_remnants_do_not_count_against_the_maximum() -> None:
    pieces = [
        feature("ori", 1000 * n, 300, coverage=0.4, name=name)
        for n, name in enumerate(("p15A ori", "pBBR1 ori", "RK2 ori", "pSC101 ori"))
    ]
    assert Ori(1, 1).evaluate(plasmid(*pieces)).score == pytest.approx(0.4 * 0.4)
    whole_ori = feature("ori", 5000, 589, name="ori (pUC/pMB1, high-copy)")
    assert Ori(1, 1).evaluate(plasmid(*pieces, whole_ori)).score == 1.0
    nearly = feature("ori", 7000, 500, coverage=0.9, name="p15A ori")
    assert Ori(1, 1).evaluate(plasmid(whole_ori, nearly)).score == pytest.approx(2 / 2.81)


@pytest.mark.parametrize(
    ("reward", "name"),
    [
        (Ori(1, 1), "f1 ori"),
        (Ori(1, 1), "2-micron ori"),
        (Ori(1, 1), "SV40 ori"),
        (Marker(1, 1), "PuroR (pac)"),
        (Marker(1, 1), "URA3"),
    ],
)
def test_parts_for_other_hosts_neither_satisfy_nor_count_against(reward, name: str) -> None:
    kind = reward.name
    other = feature(kind, 0, 500, name=name)
    bacterial = feature(kind, 2000, 800, name={"ori": "p15A ori", "marker": "AmpR (bla)"}[kind])
    alone = reward.evaluate(plasmid(other))
    assert alone.score == 0.0
    assert f"not counted: {name}" in alone.message
    assert reward.evaluate(plasmid(other, bacterial)).score == 1.0


def test_a_marker_for_several_hosts_selects_where_its_promoter_works() -> None:
    neo = feature("marker", 2000, 795, name="NeoR/KanR (nptII)")
    viral = feature("promoter", 1500, 330, name="SV40 early promoter")
    bacterial = feature("promoter", 1900, 50, name="Tn5 neo promoter")
    amp = feature("marker", 6000, 861, name="AmpR (bla)")

    def use(*features: Feature) -> str:
        return marker_use(neo, plasmid(neo, *features))

    assert use() == use(bacterial) == use(bacterial, viral) == use(bacterial, amp) == "bacterial"
    assert use(viral) == use(viral, amp) == use(amp) == "eukaryotic"
    assert use(viral._replace(defect="changed")) == "eukaryotic"  # breaking it does not make Neo bacterial
    assert use(viral, bacterial._replace(defect="changed")) == "eukaryotic"
    assert use(viral._replace(strand=-1), bacterial) == "bacterial"
    assert use(bacterial._replace(start=1000, end=1050), amp) == "eukaryotic"  # too far away


def test_the_two_terminal_repeats_of_a_viral_vector_are_no_repeats() -> None:
    ltr = random_dna(180, 9)
    text = random_dna(900, 1) + ltr + random_dna(900, 2) + ltr
    places = [feature("other", 900, 180, name="5' LTR"), feature("other", 1980, 180, name="3' LTR")]

    def score(text: str, *features: Feature) -> float | None:
        return Repeats().evaluate(Annotation(encode(text), True, features)).score

    assert score(text) == pytest.approx(1 - 0.3 - 360 / 2160)
    assert score(text, *places) == 1.0
    dimer = text + text
    copies = [f._replace(start=f.start + n, end=f.end + n) for n in (0, 2160) for f in places]
    assert score(dimer, *copies) == 0.0


def test_expression_score() -> None:
    gene, marker = (
        feature("cds", 3000, 720, name="EGFP"),
        feature("marker", 6000, 861, name="AmpR (bla)"),
    )
    to_gene, to_marker = (
        feature("promoter", 2900, 60, name="lac promoter"),
        feature("promoter", 5800, 105, name="AmpR promoter"),
    )
    score = Expression().evaluate

    def scored(*features: Feature) -> float | None:
        return score(plasmid(*features)).score

    assert scored() == scored(to_gene, to_marker) == 0.0
    assert scored(gene, marker, to_gene, to_marker) == 1.0
    assert scored(gene, marker, to_marker) == pytest.approx((1 + 0.5) / 2)
    away = score(plasmid(gene, marker, to_gene._replace(strand=-1), to_marker))
    assert away.score == pytest.approx((1 + 0.5) / 2)
    assert away.message == "EGFP: lac promoter points away from it"
    antisense = score(plasmid(gene._replace(strand=-1), marker, to_gene, to_marker))
    assert antisense.score == pytest.approx((1 + 0.5) / 2)
    assert "EGFP: " in antisense.message
    assert scored(gene, marker, to_gene._replace(defect="changed"), to_marker) == pytest.approx(0.75)
    tight = to_gene._replace(start=2938, end=2998)  # ends 2 bases before the gene
    assert scored(gene, marker, tight, to_marker) == pytest.approx((1 + 0.7) / 2)
    broken = score(plasmid(gene._replace(defect="frameshift"), marker, to_gene, to_marker))
    assert broken.score == pytest.approx(1 / 2)
    assert broken.message == "EGFP: broken"
    pieces = [gene._replace(span=240, coverage=0.33, fragment=True, defect="fragment") for _ in range(2)]
    assert scored(*pieces, marker, to_marker) == pytest.approx(1 / 2)
    assert scored(pieces[0], marker, to_marker) == 1.0  # a remnant is no gene
    assert scored(feature("cds", 3000, 330, name="CDS"), marker, to_marker) == 1.0  # too short to count


def test_parts_without_a_base_between_them_lower_the_expression() -> None:
    marker = feature("marker", 1200, 861, name="AmpR (bla)")
    driver = feature("promoter", 1000, 150, name="AmpR promoter")
    behind = [feature("terminator", 2061 + 50 * n, 50, name="T7 terminator") for n in range(2)]
    # of 4 parts, 2 follow the one before without a base between: half of them is usual
    assert Expression().evaluate(plasmid(driver, marker, *behind)).score == 1.0
    more = [feature("terminator", 2161 + 50 * n, 50, name="T7 terminator") for n in range(2)]
    crowded = Expression().evaluate(plasmid(driver, marker, *behind, *more))
    assert crowded.score == pytest.approx(1 - (4 / 6 - 0.5) / 0.5 / 2)
    assert "67% of the parts follow the one before without a base between" in crowded.message
    mirrored = [
        f._replace(start=10_000 - f.start - f.span, end=10_000 - f.start, strand=-f.strand)
        for f in (driver, marker, *behind, *more)
    ]
    assert Expression().evaluate(plasmid(*mirrored)).score == pytest.approx(crowded.score)


def test_filler_score() -> None:
    def score(*features: Feature, length: int = 4000) -> float | None:
        return Filler().evaluate(plasmid(*features, length=length)).score

    ori = feature("ori", 0, 500, name="p15A ori", length=4000)
    assert score() == 0.0
    assert score(ori) == 0.0  # 12.5 % of the bases
    assert score(ori, length=1500) == pytest.approx((500 / 1500 - 0.15) / 0.3)
    assert score(ori, ori._replace(start=250, end=750)) == pytest.approx((750 / 4000 - 0.15) / 0.3)
    assert score(ori, feature("cds", 1000, 1500, name="CDS")) == 1.0
    assert score(ori, feature("cds", 1000, 449, name="CDS")) == score(ori)  # occurs by chance
    assert score(ori._replace(defect="changed"), length=1000) == 0.0
    half = Annotation(encode("N" * 500 + "ACGT" * 125), True, (feature("ori", 400, 600, length=1000),))
    evaluation = Filler().evaluate(half)  # the unknown bases of a part are not explained by it
    assert evaluation.score == pytest.approx(0.5)
    assert evaluation.message == "50% of the bases belong to parts (at least 45%), 50% are unknown"
    assert Filler().evaluate(Annotation(encode(""), True, ())).score == 0.0
