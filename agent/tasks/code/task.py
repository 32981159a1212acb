"""The code task, built from a run's configuration."""

from functools import cache
from itertools import islice
from pathlib import Path

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import TASKS
from agent.tasks.base import Prompts, Task, TaskMaker
from agent.tasks.code.programs import Exercise, draw_exercises
from agent.tasks.code.starter import starter
from rewards.base import Sample
from rewards.code.suite import CodeRewardConfig, code_suite, pass_rate

_SEED = 31
"""The choice of exercises is that of the task, whatever the seed of the run: objectives compare."""
_KNOWN = 8
"""Exercises that a reward is tried on, with their solutions and with broken ones."""


def _build(config: RunConfig) -> Task:
    """Prepare exercises, suites and, for `model: starter`, the starter model.

    The objective is the pass rate on held-out exercises, whatever the run is rewarded for.
    """
    assert isinstance(config.reward, CodeRewardConfig)
    train, held_out = exercises_of(config)
    problems = [exercise.problem for exercise in (*train, *held_out)]
    how = {"reads": "text", "extract": "first_block"}
    works, fails = _known(held_out[:_KNOWN])
    likes = {1: (works, fails), -1: (fails, works), 0: ((), ())}
    good, bad = likes[config.reward.sign]
    return Task(
        name="code",
        model_path=str(starter().path()) if config.model == "starter" else config.model,
        prompts=Prompts(*(tuple(e.prompt for e in side) for side in (train, held_out))),
        training_suite=code_suite(config.reward, problems, **how),
        reference_suite=pass_rate(problems, **how),
        monitored=TASKS["code"].components,
        known_good=good,
        known_bad=bad,
    )


def exercises_of(config: RunConfig) -> tuple[tuple[Exercise, ...], tuple[Exercise, ...]]:
    """Training and held-out exercises: published ones for a model of the hub, our own for a local one.

    Raises:
        ConfigError: there are not so many, or the hub cannot be reached.
    """
    ours = config.model == "starter" or Path(config.model).exists()
    exercises = _drawn if ours else _published
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
        raise ValueError(f"the hub has {len(found)} exercises of that side, not {count}")
    return found


def _known(exercises: tuple[Exercise, ...]) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Programs that work, and programs that are broken or missing."""
    works = tuple(Sample(exercise.prompt, exercise.solution) for exercise in exercises)
    broken = tuple(Sample(exercise.prompt, ")" + exercise.solution) for exercise in exercises)
    return works, (*broken, Sample(exercises[0].prompt, ""))


CODE = TaskMaker(build=_build, starter=starter)
