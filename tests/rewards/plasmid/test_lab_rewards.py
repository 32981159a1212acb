"""The rewards and the verdict that say whether a molecule can be ordered: exact values, limits, errors."""

import json
import random

import pytest
from click.testing import CliRunner

from rewards.base import Evaluation, Reward, Sample
from rewards.cli import score
from rewards.compose import SuiteError
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.gc_windows import GcWindows
from rewards.plasmid.components.hairpins import HairpinStems
from rewards.plasmid.components.restriction_sites import RestrictionSites
from rewards.plasmid.components.synthesis import Synthesis
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.lab.limits import LengthLimit, Violation
from rewards.plasmid.lab.vendors import FILE, UnknownProductError, VendorFile, product_named, products
from rewards.plasmid.lab.verdict import lab_checks
from rewards.plasmid.reward import PlasmidReward
from rewards.plasmid.suite import PlasmidRewardConfig, plasmid_suite, reference_suite
from rewards.registry import build_suite, make_reward
from tests.rewards.plasmids import designed_plasmid, random_dna, real_plasmids, reverse_complement, whole

NAMES = ("gc_windows", "hairpins", "restriction_sites", "synthesis")


def evaluated(reward: PlasmidReward, text: str, circular: bool = True) -> Evaluation:
    return reward.evaluate(Annotation(encode(text), circular, ()))


def even(length: int, seed: int = 0) -> str:
    """A molecule with half GC in every 10 bases, no long run and no repeat of 20 bases."""
    rng = random.Random(seed)
    blocks = []
    for _ in range(length // 10):
        block = rng.choices("AT", k=5) + rng.choices("GC", k=5)
        rng.shuffle(block)
        blocks.append("".join(block))
    return "".join(blocks)


# --- rewards


def test_gc_windows_score() -> None:
    reward = GcWindows(10, 0.3, 0.7)
    assert evaluated(reward, "ACGT" * 25).score == 1.0
    text = "ACGTACGTAC" * 4 + "G" * 10 + "ACGTACGTAC" * 4
    found = evaluated(reward, text)
    # The 10 bases of a window that begins at 40 are all G; one that begins at 36 or at 44 has 8 of 10.
    outside = [
        start for start in range(90) if sum(base in "GC" for base in (text + text)[start : start + 10]) > 7
    ]
    assert found.score == pytest.approx(1 - len(outside) / 90)
    assert found.message == (
        f"{len(outside)} of 90 windows of 10 bases outside of 30%-70% GC; 50% at 1-10, 100% at 40-49"
    )
    (span,) = found.spans
    assert (span.start, span.end) == (outside[0], outside[-1] + 10)
    joint = evaluated(reward, text[45:] + text[:45])
    assert joint.score == found.score
    assert [(s.start, s.end) for s in joint.spans] == [(span.start + 45, span.end - 45)]
    linear = evaluated(reward, text[45:] + text[:45], circular=False)
    assert linear.score != found.score
    assert evaluated(reward, "GGG").score == 0.0  # a shorter molecule is one window
    assert evaluated(reward, "ACG").score == 1.0
    assert evaluated(reward, "ACGTNNNN").score == 1.0  # only known bases count
    for text in ("", "NNNN", "ACGNNNN"):
        assert evaluated(reward, text) == Evaluation(0.0, "no window with enough known bases")
    half = evaluated(reward, "ACGTACGTAC" + "N" * 10, circular=False)
    assert half.score == pytest.approx(6 / 11)  # of the last 5 windows, less than half is known


def test_limits_of_gc_windows_are_within_the_limits() -> None:
    assert evaluated(GcWindows(10, 0.3, 0.7), "GGGAAAAAAA").score == 1.0
    assert evaluated(GcWindows(10, 0.3, 0.7), "GGGGGGGAAA").score == 1.0
    assert evaluated(GcWindows(10, 0.31, 0.69), "GGGGGGGAAA").score == 0.0


def test_hairpins_score() -> None:
    arm = "GATTACAGATTACAGATTACC"
    text = even(400, 1) + arm + "GAAA" + reverse_complement(arm) + even(400, 2)
    found = evaluated(HairpinStems(), text)
    assert found.score == pytest.approx(1 - 42 / len(text) - 0.3)
    assert found.message == "42 bp in stems of 20 or more; 1 hairpin, 21+4+21 at 401-446"
    assert [(span.start, span.end) for span in found.spans] == [(400, 421), (425, 446)]
    assert evaluated(HairpinStems(presence=0), text).score == pytest.approx(1 - 42 / len(text))
    assert evaluated(HairpinStems(stem=22), text).score == 1.0
    assert evaluated(HairpinStems(), arm + "GAAA" + reverse_complement(arm)).score == 0.0
    for text in ("", "N" * 50, "A" * 50):
        assert evaluated(HairpinStems(), text) == Evaluation(1.0, "0 bp in stems of 20 or more")


def test_restriction_sites_score() -> None:
    clean = "ACACAGTGTACTTACATAAC" * 5
    reward = RestrictionSites(["BsaI"], ["EcoRI"])
    one = evaluated(reward, clean + "GAATTC")
    assert one == Evaluation(1.0, "BsaI no site, EcoRI 1 site (at 101)")
    two = evaluated(reward, "GAATTC" + clean + "GAATTC" + clean + "GAGACC")
    assert two.score == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert two.message == "BsaI 1 site (at 213 on -), EcoRI 2 sites (at 1, at 107)"
    assert [(s.start, s.end, s.strand, s.label) for s in two.spans] == [
        (212, 218, -1, "BsaI"),
        (0, 6, 1, "EcoRI"),
        (106, 112, 1, "EcoRI"),
    ]
    assert evaluated(reward, clean).score == pytest.approx(0.5)  # no EcoRI
    across = "TTC" + clean + "GAA"
    assert evaluated(reward, across).score == 1.0
    assert evaluated(reward, across, circular=False).score == 0.5
    assert evaluated(RestrictionSites(["BsaI"]), "GGTCTC" * 3).score == pytest.approx(1 / 4)
    assert evaluated(RestrictionSites(single_sites=["BsaI"]), "GGTCTC" * 3).score == pytest.approx(1 / 3)
    assert evaluated(RestrictionSites(["BsaI"]), "").score == 1.0


def test_synthesis_score_is_the_share_of_kept_limits() -> None:
    reward = Synthesis("twist-clonal")
    good = even(3000)
    assert evaluated(reward, good) == Evaluation(1.0, "all limits of Twist Bioscience Clonal Genes are kept")
    run = evaluated(reward, good + "A" * 14)
    assert run.score == pytest.approx(5 / 6)
    assert run.message == "14 A at 3001-3014 (at most 13 equal bases in a row)"
    assert [(span.start, span.end, span.label) for span in run.spans] == [(3000, 3014, "homopolymer")]
    assert evaluated(reward, good[:200]).score == pytest.approx(5 / 6)
    unknown = evaluated(reward, good + "N" * 1000)
    assert unknown.score == pytest.approx(3000 / 4000)
    assert unknown.message == "1000 letters are not A, C, G or T, the first at 3001"
    assert evaluated(reward, "N" * 1000).score == evaluated(reward, "").score == 0.0


def test_no_suite_of_ours_uses_them_and_a_suite_file_can() -> None:
    for ours in (reference_suite(), plasmid_suite(PlasmidRewardConfig())):
        assert not set(ours.weights) & set(NAMES)
    suite = build_suite(
        {
            "rewards": [
                {"name": "ori"},
                {"name": "synthesis", "params": {"vendor": "idt-gblocks"}},
                {"name": "restriction_sites", "params": {"avoid_sites": ["BsaI", "BsmBI"]}},
                {"name": "gc_windows", "params": {"size": 50}},
            ],
            "penalties": [{"name": "hairpins", "params": {"stem": 15, "max_loop": 40}}],
        }
    )
    (total,) = suite.score([whole(designed_plasmid())]).totals
    assert 0.0 <= total <= 1.0


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("gc_windows", {"size": 0}, "needs a size of at least 1, got 0"),
        ("gc_windows", {"minimum": 0.7}, "needs 0 <= minimum <= maximum <= 1, got 0.7 and 0.65"),
        ("hairpins", {"stem": 1}, "needs a stem of at least 2, got 1"),
        ("hairpins", {"min_loop": 9, "max_loop": 8}, "needs 0 <= min_loop <= max_loop, got 9 and 8"),
        ("hairpins", {"presence": 2}, "needs a presence in [0, 1], got 2"),
        ("restriction_sites", {}, "names no enzyme"),
        ("restriction_sites", {"avoid_sites": ["BsaI", "BsmB"]}, "did you mean `BsmBI`?"),
        ("restriction_sites", {"avoid_sites": "BsaI"}, "needs a list of enzymes such as [BsaI]"),
        ("restriction_sites", {"avoid_sites": ["BsaI"], "single_sites": ["BsaI"]}, "BsaI is named twice"),
        ("synthesis", {}, "synthesis needs the parameter `vendor`"),
        ("synthesis", {"vendor": "twist-clones"}, "unknown vendor product `twist-clones`; did you mean"),
        ("synthesis", {"vendor": "?"}, "valid ones: ansa-clonal, ansa-fragments, genscript-fragments"),
    ],
)
def test_wrong_parameters_are_refused(name: str, params: dict, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        make_reward(name, params)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def rewards() -> list[Reward]:
    return [
        GcWindows(),
        HairpinStems(8, 3, 60),
        RestrictionSites(["BsaI", "BglI"], ["EcoRI", "AvaI"]),
        Synthesis("twist-clonal"),
        Synthesis("idt-gblocks"),
    ]


@pytest.mark.parametrize("reward", rewards(), ids=lambda reward: reward.name)
def test_scores_are_the_same_in_any_rotation_and_on_both_strands(reward: Reward) -> None:
    for text in (*real_plasmids()[:4], even(900) + "N" * 30 + "A" * 20):
        text = text.upper()
        same = [text, text[1234:] + text[:1234], reverse_complement(text), text[7:] + text[:7]]
        scores = {round(evaluation.score or 0.0, 12) for evaluation in reward([Sample("", t) for t in same])}
        assert len(scores) == 1


# --- vendors


def test_every_limit_has_a_source_and_a_text() -> None:
    assert {"twist-clonal", "twist-fragments", "idt-gblocks", "genscript-genes", "ansa-clonal"} <= set(
        products()
    )
    for product in products().values():
        for limit, source in product.limits:
            assert limit.text()
            assert source.url.startswith("https://www.") or source.url.startswith("https://ansabio.com")
            assert source.readings >= 1


def test_violations_have_a_value_a_place_and_a_source() -> None:
    repeat = random_dna(25, 3)
    text = even(2000) + "G" * 16 + even(1000, 1) + repeat + even(500, 2) + reverse_complement(repeat)
    found = {v.limit: v for v in product_named("twist-clonal").violations(Annotation(encode(text), True, ()))}
    assert set(found) == {"homopolymer", "repeat"}
    run = found["homopolymer"]
    assert run.value >= 16
    assert run.bound == 13
    assert run.stretch is not None
    assert run.stretch[0] <= 2000
    assert run.stretch[1] >= 2016
    assert run.source.startswith("https://www.twistbioscience.com/")
    assert (found["repeat"].value, found["repeat"].bound) >= (25, 19)

    def limits(text: str, product: str = "twist-clonal", circular: bool = True) -> list[str]:
        return [v.limit for v in product_named(product).violations(Annotation(encode(text), circular, ()))]

    assert limits(even(2000)) == []
    assert limits(even(7000)) == []
    assert limits(even(7010)) == limits(even(290)) == ["length"]
    assert limits(even(7000), "twist-fragments") == ["length"]
    assert limits("A" * 7 + even(2000) + "A" * 7) == ["homopolymer"]
    assert limits("A" * 7 + even(2000) + "A" * 7, circular=False) == []
    assert limits("") == ["length"]
    assert limits("N" * 400) == []  # unknown letters are not measured; the verdict names them
    high = even(2000) + "GCCGCGGCGCGGACCGCGGCCCGACGGGCCGTGCCGGCGGCTGCCGGGCGGCC"
    assert limits(high) == ["gc_window"]
    low = high + even(300, 3) + "ATTATAATATTTAATAAATTATATTTAATATAAATTATTTAAATATTATTAC"
    assert limits(low) == ["gc_window", "gc_spread"]


def test_the_longest_repeat_is_found() -> None:
    for size in (20, 21, 33, 64, 100):
        repeat = even(100, 9)[:size]
        text = "A" + repeat + "AC" + even(300, 10) + "C" + repeat + "G" + even(300, 11) + "T"
        (violation,) = product_named("genscript-genes").violations(Annotation(encode(text), True, ()))
        assert (violation.limit, violation.value) == ("repeat", size)
        assert violation.stretch == (1, 1 + size)
        assert violation.message.startswith(f"{size} bases at 2-{1 + size} occur again")


def test_a_molecule_that_repeats_as_a_whole() -> None:
    text = even(300, 1) * 2
    violations = product_named("genscript-genes").violations(Annotation(encode(text), True, ()))
    assert [(v.limit, v.value) for v in violations] == [("repeat", 600)]


def test_idt_limits_runs_of_strong_and_weak_bases_differently() -> None:
    def values(text: str) -> list[tuple[str, float, float]]:
        violations = product_named("idt-gblocks").violations(Annotation(encode(text), False, ()))
        return [(v.limit, v.value, v.bound) for v in violations]

    assert values("ACGT" * 50 + "C" + "A" * 9 + "C" + "G" * 5 + "T") == []
    assert values("ACGT" * 50 + "C" + "A" * 10 + "C" + "G" * 6 + "T") == [
        ("homopolymer", 10, 9),
        ("homopolymer", 6, 5),
    ]
    assert values("AT" * 60 + "GC" * 10) == [("gc", pytest.approx(20 / 140), 0.25)]
    assert values("GC" * 60 + "AT" * 10) == [("gc", pytest.approx(120 / 140), 0.75)]


def test_a_file_of_limits_is_checked() -> None:
    source = {"page": "p", "url": "u", "date": "2026-01-01", "readings": 1}
    vendor = {"name": "V", "products": {"p": {"name": "P", "limits": []}}}

    def load(limit: dict) -> VendorFile:
        entry = {**vendor, "products": {"p": {"name": "P", "limits": [limit]}}}
        return VendorFile.model_validate({"sources": {"s": source}, "vendors": {"v": entry}})

    assert FILE.name == "vendors.yaml"
    loaded = load({"kind": "length", "minimum": 3, "source": "s"}).vendors["v"].products["p"].limits
    assert loaded == (LengthLimit(kind="length", minimum=3, source="s"),)
    assert loaded[0].text() == "at least 3 bases"
    for wrong, message in (
        ({"kind": "length", "minimum": 3, "source": "t"}, "unknown source `t`"),
        ({"kind": "length", "minimum": 0, "source": "s"}, "greater than or equal to 1"),
        ({"kind": "gc", "minimum": 0.6, "maximum": 0.5, "source": "s"}, "minimum 0.6 is above maximum 0.5"),
        ({"kind": "gc", "minimum": 0.6, "maximun": 0.7, "source": "s"}, "did you mean `maximum`"),
        ({"kind": "colour", "source": "s"}, "does not match any of the expected tags"),
        ({"kind": "homopolymer", "bases": "AU", "maximum": 3, "source": "s"}, "should match pattern"),
    ):
        with pytest.raises(ValueError, match=message):
            load(wrong)


# --- the verdict


def test_a_verdict_names_everything_that_is_wrong() -> None:
    good = even(2000)
    assert lab_checks(good, "twist-clonal").passed
    assert lab_checks(good).reason == ""
    arm = "GATTACAGATTACAGATTACC"
    text = good + "GGCGCGCC" + arm + "GAAA" + reverse_complement(arm) + "N"
    verdict = lab_checks(text, avoid_sites=["AscI"], single_sites=["PacI"])
    assert not verdict.passed
    limits = [violation.limit for violation in verdict.violations]
    assert limits == ["letters", "site", "site", "hairpin"]
    assert verdict.reason == (
        "1 letter is not A, C, G or T, the first at 2055; AscI 1 site (at 2001), none wanted; "
        "PacI no site, exactly one wanted; hairpin 21+4+21 at 2009-2054 (arms of at most 19 bases)"
    )
    assert verdict.violations[1] == Violation(
        "site", 1, 0, "AscI 1 site (at 2001), none wanted", (2000, 2008)
    )
    data = json.loads(json.dumps(verdict.as_json()))
    assert (data["vendor"], data["passed"], len(data["violations"])) == (None, False, 4)
    annotation = Annotation(encode(text), True, ())
    assert lab_checks(annotation, avoid_sites=["AscI"], single_sites=["PacI"]) == verdict
    assert lab_checks("TTC" + good + "GAA", single_sites=["EcoRI"]).passed
    assert not lab_checks("TTC" + good + "GAA", single_sites=["EcoRI"], circular=False).passed
    assert lab_checks("").reason == "no bases"
    assert lab_checks("not DNA").violations[0].limit == "letters"


def test_a_verdict_refuses_what_it_does_not_know() -> None:
    with pytest.raises(UnknownProductError, match="did you mean `twist-clonal`"):
        lab_checks("ACGT", "twist-clona")
    with pytest.raises(ValueError, match="did you mean `BsaI`"):
        lab_checks("ACGT", avoid_sites=["BsaY"])
    with pytest.raises(ValueError, match="named twice"):
        lab_checks("ACGT", avoid_sites=["BsaI", "BsaI"])


def test_the_score_command_checks_the_limits_of_a_vendor() -> None:
    fasta = f">good\n{even(1000)}\n>run\n{even(1000)}C{'A' * 20}C\n"

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(score, ["-", *arguments], input=fasta)
        return result.exit_code, result.output

    code, output = run("--vendor", "twist-clonal", "--json")
    assert code == 0
    good, with_run = (json.loads(line)["lab"] for line in output.splitlines())
    assert good == {"vendor": "twist-clonal", "passed": True, "violations": []}
    (violation,) = with_run["violations"]
    assert (violation["limit"], violation["value"], violation["stretch"]) == ("homopolymer", 20, [1001, 1021])
    code, output = run("--vendor", "twist-clonal")
    assert "lab checks for twist-clonal: passed" in output
    assert "lab checks for twist-clonal: 1 failed\n  20 A at 1002-1021" in output
    code, output = run("--vendor", "twist")
    assert code == 1
    assert output.startswith("Error: unknown vendor product `twist`; did you mean `twist-clonal`?")
    assert "lab" not in json.loads(run("--json")[1].splitlines()[0])
