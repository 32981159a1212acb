"""The code task: small functions to write, which are executed with their tests."""

from typing import TYPE_CHECKING

from agent.config.run import RunConfig
from agent.config.tasks import OVERLAYS, TaskDefinition
from agent.tasks.base import Prompts, Task
from agent.tasks.code.programs import Exercise
from agent.tasks.code.sides import exercises_of
from rewards.base import Sample
from rewards.code.suite import MONITORED, CodeRewardConfig, code_suite, pass_rate

if TYPE_CHECKING:
    from agent.tasks.starter import Starter

_KNOWN = 8
"""Number of exercises that the reward is checked on, each with its solution and a broken one."""


def _build(config: RunConfig) -> Task:
    """The task of a run. The starter is trained first if the run needs it and the cache does not have it.

    The objective is the pass rate on held-out exercises, whatever the run is rewarded for.
    """
    assert isinstance(config.reward, CodeRewardConfig)
    train, held_out = exercises_of(config)
    problems = [exercise.problem for exercise in (*train, *held_out)]
    options = {"reads": "text", "extract": "first_block"}
    working, broken = _known(held_out[:_KNOWN])
    by_sign = {1: (working, broken), -1: (broken, working), 0: ((), ())}
    good, bad = by_sign[config.reward.sign]
    return Task(
        name="code",
        model_path=str(code_starter().path()) if config.model == "starter" else config.model,
        prompts=Prompts(*(tuple(e.prompt for e in side) for side in (train, held_out))),
        training_suite=code_suite(config.reward, problems, **options),
        reference_suite=pass_rate(problems, **options),
        monitored=MONITORED,
        known_good=good,
        known_bad=bad,
    )


def _known(exercises: tuple[Exercise, ...]) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Working programs, and broken or missing ones."""
    working = tuple(Sample(exercise.prompt, exercise.solution) for exercise in exercises)
    broken = tuple(Sample(exercise.prompt, ")" + exercise.solution) for exercise in exercises)
    return working, (*broken, Sample(exercises[0].prompt, ""))


def code_starter() -> "Starter":
    """The starter of both code tasks."""
    from agent.tasks.code.starter import starter

    return starter()


TASK = TaskDefinition(
    reward=CodeRewardConfig,
    monitored=MONITORED,
    build=_build,
    starter=code_starter,
    small_budget=OVERLAYS / "code_cpu.yaml",
    sandboxed=True,
)
