"""The judged-code task: the exercises of the code task, each with a teacher's solution."""

import ast

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import OVERLAYS, TaskDefinition
from agent.tasks.base import Prompts, Task
from agent.tasks.code.programs import Exercise
from agent.tasks.code.sides import exercises_of
from agent.tasks.code.task import code_starter
from rewards.base import Sample
from rewards.code.extract import first_block
from rewards.judge.problems import JudgedProblem
from rewards.judge.suite import MONITORED, JudgeRewardConfig, judge_suite, static_reference

_OPTIONS = {"reads": "text", "extract": "first_block"}
_KNOWN = 8
"""Number of exercises that the reward is checked on."""


def _build(config: RunConfig) -> Task:
    """The task of a run. The starter is trained first if the run needs it and the cache does not have it.

    The objective is the static judge's ratio on held-out exercises, whichever judge is used in training. So a
    run gains nothing by fooling its own judge.
    """
    assert isinstance(config.reward, JudgeRewardConfig)
    train, held_out = exercises_of(config)
    problems = [judged_problem(exercise) for exercise in (*train, *held_out)]
    try:
        training = judge_suite(config.reward, problems, **_OPTIONS)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    known = held_out[:_KNOWN]
    return Task(
        name="code_judge",
        model_path=str(code_starter().path()) if config.model == "starter" else config.model,
        prompts=Prompts(*(tuple(e.prompt for e in side) for side in (train, held_out))),
        training_suite=training,
        reference_suite=static_reference(problems, **_OPTIONS),
        monitored=MONITORED,
        known_good=tuple(Sample(exercise.prompt, exercise.solution) for exercise in known),
        known_bad=tuple(Sample(exercise.prompt, body) for exercise in known for body in ("", "\n    return")),
    )


def judged_problem(exercise: Exercise) -> JudgedProblem:
    """The exercise with its solution as the teacher's program, and its description as the docstring."""
    program = ast.parse(first_block(exercise.prompt + exercise.solution))
    name = exercise.problem.cases[0].call.function
    for node in program.body:
        if isinstance(node, ast.FunctionDef) and node.name == name and ast.get_docstring(node) is None:
            description = exercise.prompt.partition("\n")[0].removeprefix("# ")
            node.body.insert(0, ast.Expr(ast.Constant(description)))
    solution = ast.unparse(ast.fix_missing_locations(program))
    return JudgedProblem(exercise.prompt, exercise.problem.cases, f"{solution}\n")


TASK = TaskDefinition(
    reward=JudgeRewardConfig,
    monitored=MONITORED,
    build=_build,
    starter=code_starter,
    small_budget=OVERLAYS / "judge_cpu.yaml",
    sandboxed=True,
)
