"""Rewards by name, suites from YAML, and plug-ins from a file."""

import importlib
import pickle
import sys
from pathlib import Path

import pytest

from rewards.base import Sample
from rewards.compose import SuiteError
from rewards.registry import build_suite, load_suite, make_reward, our_rewards, reward_class

PLUG_IN = '''
from dataclasses import dataclass

from rewards.base import Evaluation, Reward


@dataclass(frozen=True)
class Shouting(Reward):
    """Share of upper-case letters."""

    least: int = 1
    name = "shouting"

    def __call__(self, samples):
        scores = [sum(map(str.isupper, s.completion)) / max(self.least, len(s.completion)) for s in samples]
        return [Evaluation(score, "counted capitals") for score in scores]


class NoReward:
    pass


class Nameless(Reward):
    def __call__(self, samples):
        return []


class Costly(Shouting):
    def __init__(self):
        raise OSError("no\\nlicence")
'''

SUITE = """
rewards:
  - name: contains_word
    params: {word: happy}
    weight: 3
  - name: mine.py:Shouting
    params: {least: 2}
length_factor: {name: constant, params: {value: 0.5}}
penalties:
  - {name: repetition, params: {size: 2}, weight: 0.1}
gates:
  - {name: letters, params: {tolerance: 1.0}, minimum: 0.0}
time_limit: 5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(PLUG_IN)
    (tmp_path / "torn.py").write_text("class Mine(Reward:\n")
    (tmp_path / "poor.py").write_text("import no_such_package\n")
    (tmp_path / "suite.yaml").write_text(SUITE)
    return tmp_path


def test_every_name_finds_its_reward_class() -> None:
    for name in our_rewards():
        assert reward_class(name).name == name


ONE = """
from rewards.base import Reward
from rewards.text.components.repetition import Repetition


class Odd(Reward):
    name = "odd"


class Inherits(Odd):
    pass


class Other(Reward):
    name = "other"
"""
TWO = (
    ONE
    + """

class Odd2(Reward):
    name = "odd"
"""
)


@pytest.mark.parametrize(
    ("source", "number"),
    [(ONE, 1), ("", 0), ("from rewards.text.components.repetition import Repetition", 0), (TWO, 2)],
)
def test_a_component_file_defines_one_reward_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, number: int
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "odd_component", raising=False)
    (tmp_path / "odd_component.py").write_text(source)
    monkeypatch.setattr("rewards.registry.our_rewards", lambda: {"odd": "odd_component"})
    importlib.invalidate_caches()
    if number == 1:
        assert reward_class("odd").__name__ == "Odd"
        return
    with pytest.raises(SuiteError) as caught:
        reward_class("odd")
    assert str(caught.value) == (
        f"odd_component must define one subclass of Reward with name = 'odd', but it defines {number}"
    )


def test_a_suite_is_loaded_from_yaml_with_a_plug_in(folder: Path) -> None:
    suite = load_suite(folder / "suite.yaml")
    scores = suite.score([Sample("", "HAPPY dog")])
    # mean (3 x 1 + 1 x 5/9) / 4, times the length factor 0.5, without penalty
    assert scores.totals[0] == pytest.approx((3 + 5 / 9) / 4 / 2)
    assert scores.weights == {
        "contains_word": 3.0,
        "shouting": 1.0,
        "constant": 0.0,
        "repetition": -0.1,
        "letters": 0.0,
    }
    assert suite.time_limit == 5


def test_a_plug_in_survives_pickling(folder: Path) -> None:
    reward = make_reward("mine.py:Shouting", folder=folder)
    assert pickle.loads(pickle.dumps(reward)) == reward  # noqa: S301 - its own dump


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("lenght", {}, "did you mean `length`?"),
        ("xyzzy", {}, "valid ones: "),
        ("length", {"minimun": 3}, "length has no parameter 'minimun'; it has: minimum, maximum"),
        ("contains_word", {}, "missing 1 required positional argument: 'word'"),
        ("ori", {"minimum": 3, "maximum": 1}, "ori: needs 0 <= minimum <= maximum"),
        ("absent.py:Mine", {}, "cannot be loaded: there is no file"),
        ("mine.py:NoReward", {}, "is not a subclass"),
        ("mine.py:Absent", {}, "does not define Absent"),
        ("mine.py:Nameless", {}, "mine.py:Nameless has no name"),
        ("mine.py:Costly", {}, "mine.py:Costly cannot be made: OSError: no licence"),
        ("mine.py:Shouting", {"most": 3}, "mine.py:Shouting has no parameter 'most'; it has: least"),
        ("torn.py:Mine", {}, "torn.py:Mine cannot be imported: SyntaxError: "),
        ("poor.py:Mine", {}, "poor.py:Mine cannot be imported: ModuleNotFoundError: No module named"),
    ],
)
def test_a_reward_that_cannot_be_made_is_a_one_line_error(
    folder: Path, name: str, params: dict[str, object], words: str
) -> None:
    with pytest.raises(SuiteError) as caught:
        make_reward(name, params, folder)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rewards: [{name: ori, weight: heavy}]", "wrong at rewards.0.weight"),
        ("rewards: [{name: ori, wieght: 1}]", "wrong at rewards.0.wieght"),
        ("rewards: []", "none declared"),
        ("rewards: [{name: ori, weight: 0}]", "every component weight is 0"),
        ("rewards: [{name: ori}, {name: ori, params: {maximum: 9}}]", "same name"),
        ("- ori", "must be a mapping"),
        ("rewards: [", "cannot read the suite"),
        ("rewards: !!python/object/apply:os.system [ls]", "cannot read the suite"),
    ],
)
def test_an_invalid_suite_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(SuiteError, match="(?s)" + words.replace("(", r"\(")):
        load_suite(path)


def test_a_missing_suite_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="cannot read the suite"):
        load_suite(tmp_path / "absent.yaml")


def test_a_built_suite_reports_monitored_components() -> None:
    suite = build_suite({"rewards": [{"name": "gc"}, {"name": "letters", "weight": 0}]})
    scores = suite.score([Sample("", "ACGT")], report=["letters"])
    assert scores.totals.tolist() == [1.0]
    assert scores.components["letters"].tolist() == [1.0]
    with pytest.raises(KeyError):
        suite.score([Sample("", "ACGT")], report=["cds"])


def test_sentence_length_uses_a_tokenizer_file(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["one", "two", "three", ".", "end", "[UNK]"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    params = {"length": 3, "minimum": 1, "tokenizer": str(tmp_path)}
    reward = make_reward("sentence_length", params)
    assert reward([Sample("", "one two three. one two end.")])[0].score == 1.0
    assert pickle.loads(pickle.dumps(reward)) == reward  # noqa: S301 - its own dump
    missing = make_reward("sentence_length", {**params, "tokenizer": str(tmp_path / "absent")})
    with pytest.raises(ValueError, match="no tokenizer at"):
        missing([Sample("", "one.")])
