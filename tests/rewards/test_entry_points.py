"""Rewards of installed packages, found by the entry points in their metadata."""

from pathlib import Path

import pytest

from rewards.base import Sample
from rewards.compose import SuiteError
from rewards.registry import build_suite, make_reward, reward_class

MODULE = """
from rewards.base import Evaluation, Reward

class Brevity(Reward):
    name = "brevity"

    def __call__(self, samples):
        return [Evaluation(1 / (1 + len(s.completion)), f"{len(s.completion)} letters") for s in samples]

NOT_A_REWARD = 3
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that installs a package with entry points: a module, and metadata as pip writes it."""

    def write(name: str, entries: str) -> None:
        (tmp_path / f"{name}.py").write_text(MODULE)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[sweepfarm.rewards]\n{entries}\n")

    monkeypatch.syspath_prepend(tmp_path)
    return write


def test_a_suite_uses_the_reward_of_an_installed_package(install) -> None:
    install("brief_rewards", "brevity = brief_rewards:Brevity")
    suite = build_suite({"rewards": [{"name": "brevity"}]})
    assert suite.score([Sample("", "abc")]).totals.tolist() == [0.25]


def test_a_misspelt_name_error_suggests_rewards_of_packages(install) -> None:
    install("brief_words", "brevity = brief_words:Brevity")
    with pytest.raises(SuiteError, match="unknown reward `breviti`; did you mean `brevity`"):
        reward_class("breviti")


@pytest.mark.parametrize(
    ("package", "entry", "words"),
    [
        ("broken_rewards", "broken = no_such_module:Thing", "cannot be imported: ModuleNotFoundError"),
        ("absent_rewards", "absent = absent_rewards:Nothing", "cannot be imported: AttributeError"),
        ("wrong_rewards", "wrong = wrong_rewards:NOT_A_REWARD", "is not a subclass of rewards.base.Reward"),
    ],
)
def test_an_unusable_entry_point_is_an_error(install, package: str, entry: str, words: str) -> None:
    install(package, entry)
    with pytest.raises(SuiteError, match=words):
        make_reward(entry.split(" ", maxsplit=1)[0])


def test_two_packages_that_declare_one_name_are_refused(install) -> None:
    install("first_rewards", "same = first_rewards:Brevity")
    install("second_rewards", "same = second_rewards:Brevity")
    with pytest.raises(SuiteError, match="two packages declare same"):
        make_reward("same")


def test_a_package_that_declares_one_of_our_names_is_named(install) -> None:
    install("greedy_rewards", "ori = greedy_rewards:Brevity\nbrevity = greedy_rewards:Brevity")
    with pytest.raises(SuiteError) as caught:
        reward_class("ori")
    assert str(caught.value) == (
        "the package greedy_rewards declares ori (greedy_rewards:Brevity) in sweepfarm.rewards, but ori is "
        "built in; rename that entry point or uninstall greedy_rewards"
    )
    assert reward_class("gc").name == "gc"
    assert reward_class("brevity").name == "brevity"
