"""The judged-code task: its teacher, its suites, and a whole run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.config.errors import ConfigError
from agent.config.metrics import step_metrics
from agent.config.run import RunConfig
from agent.preflight.reward import check_reward
from agent.tasks.build import build_task
from agent.tasks.code.programs import Exercise, draw_exercises
from agent.tasks.code_judge.task import judged_problem
from rewards.base import Sample
from rewards.code.problems.problem import load_problems
from rewards.judge.suite import MONITORED, static_reference
from tests.agent.running import run


@pytest.fixture
def params(tiny_code: Path) -> dict[str, Any]:
    return {
        "task": "code_judge", "model": str(tiny_code), "max_steps": 2, "rungs": 1, "train_prompts": 16,
        "eval_prompts": 8, "eval_samples": 1, "max_completion_length": 24, "per_device_train_batch_size": 8,
        "num_generations": 4, "learning_rate": 1e-3,
    }  # fmt: skip


def test_the_documented_teacher_solution_gets_full_score() -> None:
    exercises = draw_exercises(40, seed=5, held_out=False)
    problems = [judged_problem(exercise) for exercise in exercises]
    samples = [Sample(p.prompt, "\n" + p.solution.partition("\n")[2]) for p in problems]
    found = static_reference(problems, reads="text").score(samples)
    np.testing.assert_array_equal(found.totals, 1.0)
    bare = [Sample(exercise.prompt, exercise.solution) for exercise in exercises]
    assert static_reference(problems, reads="text").score(bare).totals == pytest.approx(0.8, abs=0.001)


def test_a_published_exercise_gets_a_documented_teacher_solution() -> None:
    prompt = "Write a function to double a number.\nThe function is called `double`.\n\n```python\n"
    (problem,) = load_problems([{"prompt": prompt, "asserts": ["assert double(2) == 4"]}])
    solution = judged_problem(
        Exercise(prompt, "import math\ndef double(n):\n  return 2 * n\n```\n", problem)
    ).solution
    assert 'def double(n):\n    """Write a function to double a number."""\n' in solution
    assert "```" not in solution


def test_the_reward_can_tell_good_from_bad(params: dict[str, Any]) -> None:
    task = build_task(RunConfig.from_params(params))
    assert check_reward(task.training_suite, task.known_good, task.known_bad).level == "ok"


def test_weights_change_the_training_reward_and_not_the_objective(params: dict[str, Any]) -> None:
    weights = {
        "reward_correctness": 1.0,
        "reward_quality": 0,
        "reward_efficiency": 0,
        "reward_documentation": 0,
    }
    task = build_task(RunConfig.from_params({**params, **weights}))
    bare = task.known_good[:1]
    assert task.training_suite.score(bare).totals.tolist() == [1.0]
    assert task.reference_suite.score(bare).totals.tolist() == pytest.approx([0.8])


@pytest.mark.parametrize(
    "wrong",
    [
        {"reward_judge_url": "http://127.0.0.1:9/v1"},
        {"reward_judge_url": "http://me:word@127.0.0.1:9/v1", "reward_judge_model": "m"},
        {f"reward_{name}": 0 for name in ("correctness", "quality", "efficiency", "documentation")},
        {"reward_condition": "ut"},
    ],
)
def test_invalid_reward_parameters_are_refused(params: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        build_task(RunConfig.from_params({**params, **wrong}))


def test_a_run_logs_the_criteria_of_the_judge(params: dict[str, Any], tmp_path: Path) -> None:
    outcome, recorder = run(RunConfig.from_params(params), tmp_path)
    assert outcome.name == "finished"
    logged = {name for _, row in recorder.rows for name in row}
    assert {f"reward_components/{name}/mean" for name in MONITORED} <= logged
    assert {name for name in step_metrics("code_judge") if "judged" in name} <= logged
    assert "objective/components/judged_code" in logged
