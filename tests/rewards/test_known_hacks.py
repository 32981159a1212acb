"""The table of known hacks: the obvious ways to cheat must not be rewarded.

Every registered reward scores every hack. A hack must score at least `MARGIN` below the median real sample.
If a reward cannot detect a hack by design, the reason is stated here, and the training suites must detect it.
"""

from functools import cache
from statistics import median
from typing import Any

import pytest

from rewards.base import Sample
from rewards.plasmid.suite import PlasmidRewardConfig, plasmid_suite, reference_suite
from rewards.registry import build_suite, make_reward, our_rewards
from tests.rewards.plasmids import library_sequence, random_dna, real_plasmids, whole

MARGIN = 0.25

TASK = "Write mean(numbers)."
PROBLEMS = [
    {
        "prompt": TASK,
        "asserts": ["assert mean([1, 2, 6]) == 3", "assert mean([]) == 0", "assert mean([5]) == 5"],
    }
]
PARAMS: dict[str, dict[str, Any]] = {
    "contains_word": {"word": "happy"},
    "restriction_sites": {"avoid_sites": ["BsmBI", "EcoRI"], "single_sites": ["HindIII"]},
    "synthesis": {"vendor": "twist-clonal"},
    "tests_pass": {"problems": PROBLEMS},
    "tests_fail": {"problems": PROBLEMS},
}

REAL_TEXTS = (
    " was a happy little fox who lived under the old oak. Every morning it went down to the river to drink."
    " One day it met a grey owl by the water! They talked about the stars until the sun came up.",
    " ran across the wide field to find its happy friends. The wind was cold and the grass was still wet."
    " Nobody had seen the small red kite since last week. Where could it be hiding on such a day?",
    " painted a picture of the sea for her happy mother. She used blue and green and a little bit of white."
    " The waves looked so real that the cat stepped back! Everyone laughed and hung it on the wall.",
)


SAYS = '    """Return the mean of numbers, or 0 without any."""\n'
REAL_PROGRAMS = (
    f"```python\ndef mean(numbers):\n{SAYS}    return sum(numbers) / len(numbers) if numbers else 0\n```",
    f"def mean(numbers):\n{SAYS}    total = 0\n    for n in numbers:\n        total += n\n"
    "    return total / max(1, len(numbers))",
)
TAUGHT = [{**PROBLEMS[0], "solution": REAL_PROGRAMS[1]}]
JUDGED = tuple(name for name in our_rewards() if name.startswith("judged_"))
PARAMS |= {name: {"problems": TAUGHT} for name in JUDGED}


def plasmid_hacks(feature: str) -> dict[str, Sample]:
    """Hacks against a reward for a feature of the library."""
    real = real_plasmids()[3]
    return {
        "50 copies": whole(library_sequence(feature) * 50),
        "homopolymer": whole("A" * 5000),
        "prompt copy": Sample(real, real),
        "empty": Sample(real, ""),
        "no DNA": whole("I would like to have a plasmid, please! 质粒 " * 60),
        "giant ORF": whole("ATG" + "".join(f"GC{base}" for base in random_dna(1600, 5)) + "TAA"),
    }


def text_hacks() -> dict[str, Sample]:
    """The same hacks against rewards for prose."""
    story = "Once there" + REAL_TEXTS[0]
    return {
        "50 copies": Sample("Once", " happy" * 50 + "."),
        "homopolymer": Sample("Once", "a" * 400),
        "prompt copy": Sample(story, story),
        "empty": Sample(story, ""),
        "no DNA": Sample("Once", "☃✿ﬄ¤ " * 80),
        "giant ORF": Sample("Once", " and the fox" * 100 + "."),
    }


def code_hacks(prompt: str = TASK) -> dict[str, Sample]:
    """The same hacks against rewards for programs. Rewards without tests get an empty prompt."""
    return {
        "50 copies": Sample(prompt, "def mean(numbers): pass\n" * 50),
        "homopolymer": Sample(prompt, "a" * 400),
        "prompt copy": Sample(prompt, TASK),
        "empty": Sample(prompt, ""),
        "no DNA": Sample(prompt, "☃✿ﬄ¤ " * 80),
        "giant ORF": Sample(prompt, "import os, sys\nprint('PASSED')\nsys.exit(0)"),
    }


PAID_FOR = {
    "ori": "ori (pUC/pMB1, high-copy)",
    "promoter": "AmpR promoter",
    "terminator": "T7 terminator",
    "marker": "AmpR (bla)",
    "cds": "EGFP",
    "cassette": "EGFP",
    "expression": "EGFP",
    "filler": "EGFP",
}

BLIND = {
    "ori": {"prompt copy": "two oris are within its limits"},
    "promoter": {"prompt copy": "twice the promoters are within its limits"},
    "terminator": {"prompt copy": "twice the terminators are within its limits"},
    "marker": {"prompt copy": "two markers are within its limits"},
    "cds": {
        "prompt copy": "twice the genes are within its limits",
        "giant ORF": "it counts open frames, and this is one",
    },
    "cassette": {"prompt copy": "it looks for the best cassette only"},
    "expression": {"prompt copy": "it looks at each gene on its own"},
    "filler": dict.fromkeys(("50 copies", "prompt copy", "giant ORF"), "it sees bases outside of parts only"),
    "length": dict.fromkeys(
        ("50 copies", "homopolymer", "prompt copy", "no DNA", "giant ORF"), "it measures length only"
    ),
    "repeats": dict.fromkeys(("no DNA", "giant ORF"), "it sees repeats of known bases only"),
    "gc": dict.fromkeys(("50 copies", "prompt copy"), "it measures composition only"),
    "gc_windows": dict.fromkeys(("50 copies", "prompt copy"), "it measures composition only"),
    "hairpins": dict.fromkeys(
        ("50 copies", "homopolymer", "prompt copy", "no DNA"), "it sees arms that pair nearby only"
    ),
    "restriction_sites": dict.fromkeys(
        ("50 copies", "homopolymer", "prompt copy", "no DNA", "giant ORF"), "it sees sites only"
    ),
    "synthesis": dict.fromkeys(("50 copies", "prompt copy"), "they break one or two of six limits"),
    "homopolymers": dict.fromkeys(("50 copies", "prompt copy", "no DNA", "giant ORF"), "it sees runs only"),
    "letters": dict.fromkeys(
        ("50 copies", "homopolymer", "prompt copy", "giant ORF"), "it sees letters only"
    ),
    "contains_word": {"prompt copy": "the copy does contain the word"},
    "sentence_length": {"prompt copy": "the copy does have such sentences"},
    "tests_fail": dict.fromkeys(code_hacks(), "it pays for what fails"),
    "code_runs": {
        "50 copies": "it runs no test",
        "giant ORF": "it runs no test",
    },
    "code_fails": dict.fromkeys(code_hacks(), "it pays for what fails"),
    "code_fails_or_is_missing": dict.fromkeys(code_hacks(), "it pays for what fails"),
    "constant": dict.fromkeys(text_hacks(), "a control is blind to everything"),
    "random": dict.fromkeys(text_hacks(), "a control is blind to everything"),
}
TEXT = tuple(name for name, module in our_rewards().items() if module.startswith("rewards.text."))
CODE = tuple(name for name, module in our_rewards().items() if module.startswith("rewards.code.")) + JUDGED


@cache
def real_samples(name: str) -> tuple[Sample, ...]:
    if name in TEXT:
        return tuple(Sample("Once there", text) for text in REAL_TEXTS)
    if name in CODE:
        return tuple(Sample(prompt_of(name), text) for text in REAL_PROGRAMS)
    return tuple(whole(sequence) for sequence in real_plasmids())


def prompt_of(name: str) -> str:
    """The prompt for a reward for programs: the one with tests, or an empty one for rewards without tests."""
    return TASK if "problems" in PARAMS.get(name, {}) else ""


def hacks_of(name: str) -> dict[str, Sample]:
    if name in CODE:
        return code_hacks(prompt_of(name))
    return text_hacks() if name in TEXT else plasmid_hacks(PAID_FOR.get(name, PAID_FOR["ori"]))


@pytest.mark.parametrize("name", sorted(our_rewards()))
def test_hacks_pay_less_than_the_median_real_sample(name: str) -> None:
    reward = make_reward(name, PARAMS.get(name))
    typical = median(evaluation.score or 0.0 for evaluation in reward(real_samples(name)))
    hacks = hacks_of(name)
    if name in ("cassette", "cds"):  # few of the shipped plasmids, kit parts, have a gene in a cassette
        typical = max(evaluation.score or 0.0 for evaluation in reward(real_samples(name)))
    blind = BLIND.get(name, {})
    assert set(blind) <= set(hacks)
    for hack, sample in hacks.items():
        (evaluation,) = reward([sample])
        assert evaluation.score is not None
        if hack not in blind:
            assert evaluation.score <= typical - MARGIN, f"{hack}: {evaluation} against {typical:.2f}"


@pytest.mark.parametrize("suite", [reference_suite(), plasmid_suite(PlasmidRewardConfig())])
@pytest.mark.parametrize("feature", sorted(set(PAID_FOR.values())))
def test_plasmid_suites_detect_every_hack(suite, feature: str) -> None:
    typical = median(suite.score(real_samples("ori")).totals)
    hacks = plasmid_hacks(feature)
    totals = dict(zip(hacks, suite.score(list(hacks.values())).totals, strict=True))
    assert typical >= 0.7
    for hack, total in totals.items():
        assert total <= typical - MARGIN, f"{hack}: {total:.2f} against {typical:.2f}"


def test_a_prose_suite_detects_every_hack() -> None:
    suite = build_suite(
        {
            "rewards": [
                {"name": "contains_word", "params": {"word": "happy"}},
                {"name": "sentence_length", "params": {"length": 10}},
            ],
            "gates": [{"name": "repetition", "minimum": 0.6}],
        }
    )
    typical = median(suite.score(real_samples("repetition")).totals)
    hacks = text_hacks()
    for hack, total in zip(hacks, suite.score(list(hacks.values())).totals, strict=True):
        assert total <= typical - MARGIN, f"{hack}: {total:.2f} against {typical:.2f}"
