"""Rewards by name, plug-ins from a file, and suites from YAML."""

import dataclasses
import difflib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from rewards.base import Reward
from rewards.compose import Gate, RewardSuite, SuiteError, Weighted
from rewards.error_text import one_line

REWARDS = {
    "ori": "rewards.plasmid.components.ori:Ori",
    "promoter": "rewards.plasmid.components.promoter:Promoter",
    "terminator": "rewards.plasmid.components.terminator:Terminator",
    "marker": "rewards.plasmid.components.marker:Marker",
    "cds": "rewards.plasmid.components.cds:Cds",
    "cassette": "rewards.plasmid.components.cassette:Cassette",
    "length": "rewards.plasmid.components.length:Length",
    "repeats": "rewards.plasmid.components.repeats:Repeats",
    "gc": "rewards.plasmid.components.gc:Gc",
    "homopolymers": "rewards.plasmid.components.homopolymers:Homopolymers",
    "letters": "rewards.plasmid.components.letters:Letters",
    "contains_word": "rewards.text.contains_word:ContainsWord",
    "sentence_length": "rewards.text.sentence_length:SentenceLength",
    "repetition": "rewards.text.repetition:Repetition",
    "tests_pass": "rewards.code.unit_tests:TestsPass",
    "tests_fail": "rewards.code.unit_tests:TestsFail",
    "code_runs": "rewards.code.exit_status:CodeRuns",
    "code_fails_or_is_missing": "rewards.code.exit_status:CodeFailsOrIsMissing",
    "code_fails": "rewards.code.exit_status:CodeFails",
    "judged_code": "rewards.judge.ratio:JudgedCode",
    "judged_correctness": "rewards.judge.criterion:JudgedCorrectness",
    "judged_quality": "rewards.judge.criterion:JudgedQuality",
    "judged_efficiency": "rewards.judge.criterion:JudgedEfficiency",
    "judged_documentation": "rewards.judge.criterion:JudgedDocumentation",
    "constant": "rewards.control.constant:Constant",
    "random": "rewards.control.random:Random",
}
"""Every reward by the name that suites declare it under, and where its class is."""


class RewardEntry(BaseModel):
    """One reward of a suite file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    params: dict[str, Any] = {}


class WeightedEntry(RewardEntry):
    """A reward with its weight."""

    weight: float = 1.0


class GateEntry(RewardEntry):
    """A reward with the score that it must reach."""

    minimum: float


class SuiteFile(BaseModel):
    """A suite as YAML declares it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rewards: list[WeightedEntry]
    length_factor: RewardEntry | None = None
    penalties: list[WeightedEntry] = []
    gates: list[GateEntry] = []
    time_limit: float | None = 10.0


def _plug_in(reference: str, folder: Path) -> type[Reward]:
    """The class `Class` of `file.py:Class`, the file looked up from `folder`."""
    file, _, class_name = reference.rpartition(":")
    path = (folder / file).resolve()
    if not path.is_file():
        raise SuiteError(f"the plug-in {reference} has no file {path}")
    module_name = f"reward_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise SuiteError(f"the plug-in {reference} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # so that its instances can be pickled by reference
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise SuiteError(f"the plug-in {reference} cannot be imported: {one_line(error)}") from error
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, Reward)):
        raise SuiteError(f"the plug-in {reference} names no subclass of rewards.base.Reward in {path}")
    return found


def reward_class(name: str, folder: Path = Path()) -> type[Reward]:
    """The class that a name stands for.

    Args:
        name: A name out of `REWARDS`, or `file.py:Class` for one of your own.
        folder: Where plug-in files are looked up.

    Raises:
        SuiteError: If nothing has that name; the message says what is nearest.
    """
    if ".py:" in name:
        return _plug_in(name, folder)
    if name not in REWARDS:
        near = difflib.get_close_matches(name, REWARDS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(REWARDS))}"
        raise SuiteError(f"no reward is named {name!r}; {hint}")
    module, _, class_name = REWARDS[name].partition(":")
    found: type[Reward] = getattr(importlib.import_module(module), class_name)
    return found


def make_reward(name: str, params: Mapping[str, Any] | None = None, folder: Path = Path()) -> Reward:
    """An instance of a reward.

    Raises:
        SuiteError: If the name or a parameter is unknown, a value is refused by the reward, or a plug-in
            cannot be imported, raises when it is made, or has no name.
    """
    made = reward_class(name, folder)
    params = dict(params or {})
    if dataclasses.is_dataclass(made):
        known = [field.name for field in dataclasses.fields(made) if field.init]
        for parameter in params:
            if parameter not in known:
                raise SuiteError(
                    f"{name} has no parameter {parameter!r}; it has: {', '.join(known) or 'none'}"
                )
    try:
        reward = made(**params)
    except (TypeError, ValueError) as error:  # a refused value: the reward's own words say it all
        raise SuiteError(f"{name}: {' '.join(str(error).split())}") from error
    except Exception as error:
        raise SuiteError(f"{name} cannot be made: {one_line(error)}") from error
    if not isinstance(getattr(reward, "name", None), str):
        raise SuiteError(f'{name} has no name for the logs: give its class one, name = "..."')
    return reward


def build_suite(declaration: Mapping[str, Any], folder: Path = Path()) -> RewardSuite:
    """A suite from its declaration.

    Args:
        declaration: As read from YAML: `rewards` (name, params, weight), and optionally `length_factor`,
            `penalties`, `gates` and `time_limit` (seconds per sample).
        folder: Where plug-in files are looked up.

    Raises:
        SuiteError: On anything that is misspelt or cannot mean anything; one line.
    """
    try:
        suite = SuiteFile.model_validate(declaration)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SuiteError(f"the suite is wrong at {place or 'the top'}: {first['msg']}") from error
    return RewardSuite(
        [Weighted(make_reward(e.name, e.params, folder), e.weight) for e in suite.rewards],
        length_factor=(
            make_reward(suite.length_factor.name, suite.length_factor.params, folder)
            if suite.length_factor
            else None
        ),
        penalties=[Weighted(make_reward(e.name, e.params, folder), e.weight) for e in suite.penalties],
        gates=[Gate(make_reward(e.name, e.params, folder), e.minimum) for e in suite.gates],
        time_limit=suite.time_limit,
    )


def load_suite(path: Path) -> RewardSuite:
    """A suite from a YAML file; plug-ins are looked up beside it.

    Raises:
        SuiteError: If the file cannot be read or is no suite.
    """
    try:
        declaration = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SuiteError(f"cannot read the suite {path}: {error}") from error
    if not isinstance(declaration, dict):
        raise SuiteError(f"the suite {path} must be a mapping with the key rewards")
    return build_suite(declaration, path.parent)
