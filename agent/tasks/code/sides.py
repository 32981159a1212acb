"""The training and held-out exercises of a run."""

from functools import cache
from itertools import islice
from pathlib import Path

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.tasks.code.programs import Exercise, draw_exercises

_SEED = 31
"""Exercises do not depend on the seed of the run, so that objectives of runs can be compared."""


def exercises_of(config: RunConfig) -> tuple[tuple[Exercise, ...], tuple[Exercise, ...]]:
    """Training and held-out exercises: published ones for a model from the hub, our own for a local model.

    Raises:
        ConfigError: If there are not enough exercises, or the hub cannot be reached.
    """
    is_local = config.model == "starter" or Path(config.model).exists()
    exercises = _drawn if is_local else _published
    try:
        train = exercises(config.train_prompts, held_out=False)
        return train, exercises(config.eval_prompts, held_out=True)
    except ValueError as error:
        raise ConfigError(str(error)) from error


@cache
def _drawn(count: int, *, held_out: bool) -> tuple[Exercise, ...]:
    return draw_exercises(count, _SEED, held_out=held_out)


def _published(count: int, *, held_out: bool) -> tuple[Exercise, ...]:
    from agent.tasks.code.hub import hub_exercises

    found = tuple(islice(hub_exercises(held_out=held_out), count))
    if len(found) < count:
        raise ValueError(
            f"the hub has only {len(found)} {'held-out' if held_out else 'training'} exercises, not {count}"
        )
    return found
