"""The judged-code task: the exercises of the code task, each with a teacher's solution."""

import ast

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import TASKS
from agent.tasks.base import Prompts, Task, TaskMaker
from agent.tasks.code.programs import Exercise
from agent.tasks.code.starter import starter
from agent.tasks.code.task import exercises_of
from rewards.base import Sample
from rewards.code.extract import first_block
from rewards.judge.problems import JudgedProblem
from rewards.judge.suite import JudgeRewardConfig, judge_suite, static_reference

_HOW = {"reads": "text", "extract": "first_block"}
_KNOWN = 8
"""Exercises that a reward is tried on."""


def _build(config: RunConfig) -> Task:
    """Prepare exercises with their teacher, suites and, for `model: starter`, the starter model.

    The objective is the static judge's ratio on held-out exercises, whoever judges the training: what a run
    gains by fooling its judge does not count.
    """
    assert isinstance(config.reward, JudgeRewardConfig)
    train, held_out = exercises_of(config)
    problems = [taught(exercise) for exercise in (*train, *held_out)]
    try:
        training = judge_suite(config.reward, problems, **_HOW)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    known = held_out[:_KNOWN]
    return Task(
        name="code_judge",
        model_path=str(starter().path()) if config.model == "starter" else config.model,
        prompts=Prompts(*(tuple(e.prompt for e in side) for side in (train, held_out))),
        training_suite=training,
        reference_suite=static_reference(problems, **_HOW),
        monitored=TASKS["code_judge"].components,
        known_good=tuple(Sample(exercise.prompt, exercise.solution) for exercise in known),
        known_bad=tuple(Sample(exercise.prompt, body) for exercise in known for body in ("", "\n    return")),
    )


def taught(exercise: Exercise) -> JudgedProblem:
    """The exercise with the teacher's program: its own solution, the description as docstring."""
    program = ast.parse(first_block(exercise.prompt + exercise.solution))
    name = exercise.problem.cases[0].call.function
    for node in program.body:
        if isinstance(node, ast.FunctionDef) and node.name == name and ast.get_docstring(node) is None:
            description = exercise.prompt.partition("\n")[0].removeprefix("# ")
            node.body.insert(0, ast.Expr(ast.Constant(description)))
    solution = ast.unparse(ast.fix_missing_locations(program))
    return JudgedProblem(exercise.prompt, exercise.problem.cases, f"{solution}\n")


CODE_JUDGE = TaskMaker(build=_build, starter=starter)
