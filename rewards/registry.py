"""Finds rewards by name and builds suites from YAML."""

import dataclasses
import importlib
import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from rewards.base import Reward
from rewards.compose import Gate, RewardSuite, SuiteError, Weighted
from rewards.config import StrictModel
from rewards.error_text import one_line
from rewards.files.yaml_file import YamlError, read_yaml
from rewards.nearest import unknown_key_message
from rewards.plugins import (
    PluginError,
    from_entry_point,
    from_file,
    installed,
    is_file_reference,
    refuse_built_in_name,
)

ENTRY_POINTS = "sweepfarm.rewards"
"""Entry-point group in which installed packages declare rewards."""


@cache
def our_rewards() -> dict[str, str]:
    """Module of each built-in reward by the name of the reward, from `rewards/*/components/NAME.py`."""
    files = sorted(Path(__file__).parent.glob("*/components/*.py"), key=lambda file: file.stem)
    return {
        file.stem: f"rewards.{file.parts[-3]}.components.{file.stem}"
        for file in files
        if file.stem != "__init__"
    }


class RewardEntry(StrictModel):
    """One reward of a suite file."""

    name: str
    params: dict[str, Any] = Field(default_factory=dict)


class WeightedEntry(RewardEntry):
    """A reward of a suite file with its weight."""

    weight: float = 1.0


class GateEntry(RewardEntry):
    """A gate of a suite file: a reward with its minimum score."""

    minimum: float


class SuiteFile(StrictModel):
    """The content of a suite file."""

    rewards: list[WeightedEntry]
    length_factor: RewardEntry | None = None
    penalties: list[WeightedEntry] = Field(default_factory=list)
    gates: list[GateEntry] = Field(default_factory=list)
    time_limit: float | None = 10.0


def reward_class(name: str, folder: Path = Path()) -> type[Reward]:
    """The class of a reward.

    Args:
        name: Name of a built-in reward or of an installed package's reward, or `file.py:Class`.
        folder: Folder that relative paths of plug-in files start from.

    Raises:
        SuiteError: If no reward has that name (the message suggests the nearest one), an installed package
            declares the name of a built-in reward, or the class cannot be imported or is not a subclass of
            `Reward`.
    """
    try:
        if is_file_reference(name):
            return _checked(from_file(name, folder), f"the plug-in {name}")
        if name in our_rewards():
            refuse_built_in_name(name, ENTRY_POINTS)
            return _in_own_module(name)
        packages = installed(ENTRY_POINTS)
        if name in packages:
            return _checked(from_entry_point(packages[name]), f"{name} of {packages[name].value}")
    except PluginError as error:
        raise SuiteError(str(error)) from error
    raise SuiteError(unknown_key_message("reward", name, {*our_rewards(), *packages}))


def _checked(value: object, source: str) -> type[Reward]:
    if not (isinstance(value, type) and issubclass(value, Reward)):
        raise SuiteError(f"{source} is not a subclass of rewards.base.Reward")
    return value


def _in_own_module(name: str) -> type[Reward]:
    """The class with this `name` in the module of a built-in reward."""
    module = importlib.import_module(our_rewards()[name])
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Reward) and vars(value).get("name") == name
    ]
    if len(classes) != 1:
        raise SuiteError(
            f"{module.__name__} must define one subclass of Reward with name = {name!r}, but it defines "
            f"{len(classes)}"
        )
    return classes[0]


def make_reward(name: str, params: Mapping[str, Any] | None = None, folder: Path = Path()) -> Reward:
    """The reward `name` with the parameters `params`; see `reward_class` for `name` and `folder`.

    Raises:
        SuiteError: If the name or a parameter is unknown, a parameter is missing, a value is invalid, or a
            plug-in cannot be imported, raises an error in its constructor, or has no name.
    """
    cls = reward_class(name, folder)
    params = dict(params or {})
    if dataclasses.is_dataclass(cls):
        known = [field.name for field in dataclasses.fields(cls) if field.init]
        for parameter in params:
            if parameter not in known:
                raise SuiteError(
                    f"{name} has no parameter {parameter!r}; it has: {', '.join(known) or 'none'}"
                )
    for parameter in _required(cls):
        if parameter not in params:
            raise SuiteError(f"{name} needs the parameter `{parameter}`")
    try:
        reward = cls(**params)
    except (TypeError, ValueError) as error:  # an invalid value: the reward's own message explains it
        raise SuiteError(f"{name}: {' '.join(str(error).split())}") from error
    except Exception as error:
        raise SuiteError(f"{name} cannot be made: {one_line(error)}") from error
    if not isinstance(getattr(reward, "name", None), str):
        raise SuiteError(f'{name} has no name for the logs: set name = "..." in its class')
    return reward


def _required(cls: type[Reward]) -> list[str]:
    """Names of the parameters of a class that have no default."""
    return [
        parameter.name
        for parameter in inspect.signature(cls).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]


def build_suite(declaration: Mapping[str, Any], folder: Path = Path()) -> RewardSuite:
    """The suite that a mapping declares.

    Args:
        declaration: The content of a suite file: `rewards` (name, params, weight), and optionally
            `length_factor`, `penalties`, `gates` and `time_limit` (seconds per sample).
        folder: Folder that relative paths of plug-in files start from.

    Raises:
        SuiteError: If a key is unknown or a value is invalid. The message is one line.
    """
    try:
        suite = SuiteFile.model_validate(declaration)
    except ValidationError as error:
        first = error.errors()[0]
        location = ".".join(map(str, first["loc"])) or "its top level"
        message = first["msg"].removeprefix("Value error, ")
        raise SuiteError(f"the suite is wrong at {location}: {message}") from error
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
    """The suite in a YAML file. Relative paths of plug-in files start from its folder.

    Raises:
        SuiteError: If the file cannot be read or does not declare a valid suite.
    """
    try:
        declaration = read_yaml(path)
    except YamlError as error:
        raise SuiteError(f"the suite cannot be read: {error}") from error
    if not isinstance(declaration, dict):
        raise SuiteError(f"the suite {path} must be a mapping with the key `rewards`")
    return build_suite(declaration, path.parent)
