"""Exercises of MBPP from the model hub whose tests can be turned into cases."""

from collections.abc import Iterator, Mapping
from typing import Any

from datasets import load_dataset

from agent.hub import OWN_DATA, hub_error
from agent.tasks.code.programs import Exercise
from rewards.code.problems.asserts import UntranslatableError, cases_from
from rewards.code.problems.problem import Problem

DATASET = "google-research-datasets/mbpp"
SPLITS = {False: "train+validation", True: "test"}
"""Whether held out → splits of the dataset."""


def hub_exercises(*, held_out: bool) -> Iterator[Exercise]:
    """Exercises of the dataset, in its order, without those whose tests cannot be turned into cases.

    Args:
        held_out: Whether to return the held-out exercises.

    Raises:
        ConfigError: If the hub cannot be reached.
    """
    try:
        rows = load_dataset(DATASET, "full", split=SPLITS[held_out])
    except (OSError, ValueError) as error:
        raise hub_error(f"the exercises of {DATASET}", "no network?", OWN_DATA, error) from error
    for row in rows:
        exercise = exercise_of(row)
        if exercise is not None:
            yield exercise


def exercise_of(row: Mapping[str, Any]) -> Exercise | None:
    """A row as an exercise; `None` if its tests need set-up code or more than calls of one function.

    The prompt names the function, because the tests call it, and contains no test. It opens a code block, so
    that the program is what follows up to the end of the block.
    """
    if row["test_setup_code"]:
        return None
    try:
        cases = tuple(cases_from("\n".join(row["test_list"])))
    except UntranslatableError:
        return None
    names = {case.call.function for case in cases}
    if len(names) != 1:
        return None
    prompt = f"{row['text']}\nThe function is called `{names.pop()}`.\n\n```python\n"
    return Exercise(prompt, f"{row['code'].strip()}\n```\n", Problem(prompt, cases))
