"""Exercises of the code task: correct solutions pass, trivial ones fail, and the seed decides everything."""

import random
import re
import subprocess
import sys
from typing import Any

import pytest

from agent.tasks.code import programs
from agent.tasks.code.bodies import brief, draw_body, repeated, slipped, stepwise
from agent.tasks.code.expressions import ARGUMENTS, STEPS, draw_expression
from agent.tasks.code.programs import (
    FEWEST_CASES,
    FUNCTION,
    Exercise,
    draw_exercises,
    draw_side,
    prompt_of,
)
from rewards.base import Sample
from rewards.code.components.tests_pass import TestsPass


@pytest.fixture(scope="module")
def exercises() -> tuple[Exercise, ...]:
    return draw_exercises(120, seed=1, held_out=False)


def scores(exercises: tuple[Exercise, ...], bodies: list[str]) -> list[float | None]:
    reward = TestsPass(problems=[exercise.problem for exercise in exercises], reads="text")
    samples = [Sample(exercise.prompt, body) for exercise, body in zip(exercises, bodies, strict=True)]
    return [evaluation.score for evaluation in reward(samples)]


def test_every_solution_passes_its_cases(exercises: tuple[Exercise, ...]) -> None:
    assert scores(exercises, [exercise.solution for exercise in exercises]) == [1.0] * len(exercises)


@pytest.mark.parametrize(
    "lazy",
    ["\n    return 0", "\n    return {argument}", "\n    return True", "\n    pass", "\n    return []", ""],
)
def test_trivial_solutions_fail(exercises: tuple[Exercise, ...], lazy: str) -> None:
    bodies = [lazy.format(argument=exercise.prompt.split("(")[1].split(":")[0]) for exercise in exercises]
    assert scores(exercises, bodies) == [0.0] * len(exercises)


def test_the_solution_of_one_exercise_solves_few_others(exercises: tuple[Exercise, ...]) -> None:
    """The exceptions are exercises with the same meaning, such as reversing a sorted list."""
    shifted = [exercise.solution for exercise in (*exercises[1:], exercises[0])]
    assert sum(score or 0.0 for score in scores(exercises, shifted)) <= 0.02 * len(exercises)


def test_the_prompt_reveals_no_test_case(exercises: tuple[Exercise, ...]) -> None:
    for exercise in exercises:
        assert len(exercise.problem.cases) >= FEWEST_CASES
        assert exercise.problem.prompt == exercise.prompt
        description = exercise.prompt.split("\n")[0]
        for case in exercise.problem.cases:
            assert case.call.function == FUNCTION
            argument = case.call.arguments[0]
            assert not (isinstance(argument, list) and argument) or str(argument) not in description


def test_a_seed_gives_the_same_exercises_in_any_process(exercises: tuple[Exercise, ...]) -> None:
    code = (
        "from agent.tasks.code.programs import draw_exercises; import hashlib;"
        "print(hashlib.sha256(repr(draw_exercises(40, 1, held_out=False)).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1
    assert draw_exercises(40, seed=1, held_out=False) == exercises[:40]
    assert draw_exercises(40, seed=2, held_out=False) != exercises[:40]
    assert len({exercise.prompt for exercise in exercises}) == len(exercises)


def test_a_request_for_too_many_exercises_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "LONGEST", 1)
    with pytest.raises(ValueError, match="cannot draw 1000000 different exercises"):
        draw_exercises(1_000_000, seed=0, held_out=True)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.words)
def test_description_code_and_evaluation_of_every_step_agree(step) -> None:
    constant = step.constants[0]
    for argument in {"int": (-7, 0, 4, 9), "str": ("", "a", "abcabc"), "list[int]": ([], [3], [2, 9, 2, -4])}[
        step.takes
    ]:
        code = step.code.format(ARGUMENTS[step.takes], k=constant)
        space = {ARGUMENTS[step.takes]: argument}
        exec(f"found = {code}", space)
        assert space["found"] == step.evaluate(argument, constant)
        assert type(space["found"]).__name__ == step.gives.partition("[")[0]


def test_expressions_of_every_length_are_python() -> None:
    rng = random.Random(3)
    for _ in range(200):
        expression = draw_expression(rng, 3)
        compile(prompt_of(expression) + draw_body(expression, rng), "exercise", "exec")


def test_no_held_out_exercise_has_the_steps_of_a_training_exercise() -> None:
    sides = [{steps(e.prompt) for e in draw_exercises(300, seed=1, held_out=h)} for h in (False, True)]
    assert min(map(len, sides)) > 40
    assert not sides[0] & sides[1]


def test_no_held_out_exercise_is_solved_by_the_solution_of_a_training_exercise() -> None:
    train, held_out = (draw_exercises(300, seed=2, held_out=h) for h in (False, True))
    for exercise in held_out:
        assert solves(exercise, exercise)
        assert not any(solves(other, exercise) for other in train if signature(other) == signature(exercise))


def signature(exercise: Exercise) -> str:
    return exercise.prompt.split("\n")[1]


def solves(author: Exercise, exercise: Exercise) -> bool:
    """Whether the solution of one exercise, of the same signature, passes the cases of another."""
    space: dict[str, Any] = {}
    exec(author.prompt + author.solution, space)
    results = [(space[FUNCTION](*case.call.arguments), case.expected) for case in exercise.problem.cases]
    return all(result == wanted for result, wanted in results)


def steps(prompt: str) -> tuple[str, ...]:
    """The argument and the steps of a description, without constants and in alphabetical order."""
    found = re.match(r"# Take (\w+), (.*)\.\n", prompt)
    assert found is not None
    argument, chain = found.groups()
    return argument, *sorted(re.sub(r"\b\d+\b|'\w'", "_", chain).split(", then "))


def test_every_way_to_write_a_body_is_correct_and_most_slips_are_wrong() -> None:
    rng = random.Random(4)
    drawn = {prompt_of(one): one for one in (draw_side(rng, held_out=False) for _ in range(200))}
    known = {exercise.prompt: exercise for exercise in draw_exercises(400, seed=0, held_out=False)}
    both = [prompt for prompt in drawn if prompt in known]
    assert len(both) > 20
    for way in (brief, stepwise, repeated):
        found = scores(tuple(known[p] for p in both), [way(drawn[p]) for p in both])
        assert found == [1.0] * len(both)
    slips = scores(tuple(known[p] for p in both), [brief(slipped(drawn[p], rng)) for p in both])
    assert sum(score or 0.0 for score in slips) <= 0.2 * len(both)
