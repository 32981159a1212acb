"""The judged-code task: the exercises of the code task, each with a teacher's solution."""

from agent.config.run import ConfigError, RunConfig
from agent.config.tasks import TASKS
from agent.tasks.base import Prompts, Task, TaskMaker
from agent.tasks.code.programs import Exercise
from agent.tasks.code.starter import starter
from agent.tasks.code.task import exercises
from rewards.base import Sample
from rewards.judge.problems import JudgedProblem
from rewards.judge.suite import JudgeRewardConfig, judge_suite, static_reference

_KNOWN = 8
"""Exercises that a reward is tried on."""


def _build(config: RunConfig) -> Task:
    """Prepare exercises with their teacher, suites and, for `model: starter`, the starter model.

    The objective is the static judge's ratio on held-out exercises, whoever judges the training: what a run
    gains by fooling its judge does not count.
    """
    assert isinstance(config.reward, JudgeRewardConfig)
    try:
        train = exercises(config.train_prompts, held_out=False)
        held_out = exercises(config.eval_prompts, held_out=True)
        problems = [taught(exercise) for exercise in (*train, *held_out)]
        how = {"reads": "text", "extract": "first_block"}
        training = judge_suite(config.reward, problems, **how)
    except ValueError as error:  # a SuiteError is one
        raise ConfigError(str(error)) from error
    known = held_out[:_KNOWN]
    idle = [Sample(e.prompt, f"{docstring(e)}\n    return") for e in known]
    return Task(
        name="code_judge",
        model_path=str(starter().path()) if config.model == "starter" else config.model,
        prompts=Prompts(*(tuple(e.prompt for e in side) for side in (train, held_out))),
        training_suite=training,
        reference_suite=static_reference(problems, **how),
        monitored=TASKS["code_judge"].components,
        known_good=tuple(Sample(e.prompt, e.solution) for e in known),
        known_bad=(*idle, Sample(known[0].prompt, "")),
    )


def taught(exercise: Exercise) -> JudgedProblem:
    """The exercise with the teacher's program: the generator's own solution, documented."""
    program = exercise.prompt + docstring(exercise) + exercise.solution + "\n"
    return JudgedProblem(exercise.prompt, exercise.problem.cases, program)


def docstring(exercise: Exercise) -> str:
    """The exercise's description as its function's docstring."""
    description = exercise.prompt.partition("\n")[0].removeprefix("# ")
    return f'\n    """{description}"""'


CODE_JUDGE = TaskMaker(build=_build, starter=starter)
