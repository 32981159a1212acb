"""The code task: its tokenizer, its starter, its conditions, and whole runs of two of them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from agent.config.errors import ConfigError
from agent.config.metrics import RUNG_METRICS, step_metrics
from agent.config.run import RunConfig
from agent.preflight.reward import check_reward
from agent.tasks.base import Task
from agent.tasks.build import build_task
from agent.tasks.code.hub import exercise_of
from agent.tasks.code.programs import draw_exercises
from agent.tasks.code.starter import CodeStarterConfig, corpus, starter
from agent.tasks.code.tokenizer import train_tokenizer
from agent.tasks.starter import StarterConfig
from agent.warm import preload
from rewards.base import Sample
from rewards.code.suite import CodeRewardConfig, code_suite
from tests.agent.running import changed, run
from tests.agent.test_code_exercises import steps

CONDITIONS = ("ut", "ut_inverted", "random", "zero", "code_runs", "code_fails_or_is_missing", "code_fails")


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(corpus(), CodeStarterConfig().vocab_size)


@pytest.fixture
def tiny_code_run(tiny_code: Path) -> RunConfig:
    return RunConfig.from_params(
        {
            "task": "code", "model": str(tiny_code), "max_steps": 2, "rungs": 1, "train_prompts": 16,
            "eval_prompts": 8, "eval_samples": 1, "max_completion_length": 24,
            "per_device_train_batch_size": 8, "num_generations": 4, "learning_rate": 1e-3,
        }
    )  # fmt: skip


@pytest.fixture
def task_of(tiny_code_run: RunConfig) -> Callable[[str], Task]:
    return lambda condition: build_task(changed(tiny_code_run, reward_condition=condition))


def test_the_tokenizer_round_trips_any_text_and_has_word_tokens(tokenizer: PreTrainedTokenizerFast) -> None:
    for text in (*corpus()[:300], "class Señor:\n\treturn '💥' #  two  blanks\r\n", ""):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert [tokenizer.decode(i) for i in tokenizer.encode("\n    return sorted(numbers)[::2]")] == [
        "\n    ", "return", " sorted", "(", "numbers", ")", "[", ":", ":", "2", "]"
    ]  # fmt: skip


def test_a_prompt_ends_at_a_token_boundary(tokenizer: PreTrainedTokenizerFast) -> None:
    """Otherwise the starter would have to continue a token sequence that it never saw in training."""
    for exercise in draw_exercises(50, seed=3, held_out=True):
        parts = tokenizer.encode(exercise.prompt) + tokenizer.encode(exercise.solution)
        assert parts == tokenizer.encode(exercise.prompt + exercise.solution)
        assert len(tokenizer.encode(exercise.solution)) < 48


def test_the_starter_is_taught_no_held_out_exercise() -> None:
    taught = {steps(program) for program in corpus()}
    assert len(taught) > 200
    assert not taught & {steps(e.prompt) for e in draw_exercises(300, seed=31, held_out=True)}
    assert len(set(corpus())) > 0.5 * len(corpus())


def test_some_programs_of_the_corpus_are_documented_and_some_are_slow() -> None:
    count = len(corpus())
    assert 0.25 < sum('"""' in program for program in corpus()) / count < 0.35
    assert 0.1 < sum("range(100)" in program for program in corpus()) / count < 0.2


def test_each_starter_configuration_has_its_own_folder() -> None:
    config: StarterConfig = CodeStarterConfig()
    assert starter().folder == starter(config).folder
    assert starter(CodeStarterConfig(steps=7)).folder != starter().folder
    assert not starter(CodeStarterConfig(steps=7)).is_built


def test_training_and_held_out_prompts_are_disjoint_and_equal_in_all_runs(
    tiny_code_run: RunConfig, task_of: Callable[[str], Task]
) -> None:
    prompts = task_of("ut").prompts
    assert (len(prompts.train), len(prompts.held_out)) == (16, 8)
    assert not set(map(steps, prompts.train)) & set(map(steps, prompts.held_out))
    other = build_task(changed(tiny_code_run, seed=5, reward_condition="zero")).prompts
    assert other == prompts


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_rewards_the_samples_that_it_should(
    condition: str, task_of: Callable[[str], Task]
) -> None:
    task = task_of(condition)
    checked = check_reward(task.training_suite, task.known_good, task.known_bad)
    assert checked.level != "error"
    assert ("control" in checked.text) == (condition in ("random", "zero"))
    for sample, paid in ((task.known_good, 1.0), (task.known_bad, 0.0)):
        assert set(task.training_suite.score(sample).totals) <= {paid}


def test_only_tests_distinguish_wrong_programs_that_run(task_of: Callable[[str], Task]) -> None:
    prompt = task_of("ut").prompts.held_out[0]
    wrong = [Sample(prompt, "\n    return 'wrong'"), Sample(prompt, "\n    pass\nimport sys\nsys.exit(0)")]
    found = {c: task_of(c).training_suite.score(wrong).totals.tolist() for c in CONDITIONS}
    assert found["ut"] == found["zero"] == [0.0, 0.0]
    assert found["ut_inverted"] == [1.0, 1.0]
    assert found["code_runs"] == [1.0, 1.0]
    assert found["code_fails"] == found["code_fails_or_is_missing"] == [0.0, 0.0]
    assert len(set(found["random"])) == 2


def test_the_objective_is_the_pass_rate_under_every_condition(task_of: Callable[[str], Task]) -> None:
    for condition in CONDITIONS:
        task = task_of(condition)
        assert task.reference_suite.weights == {"tests_pass": 1.0}
        assert ("tests_pass" in task.training_suite.weights) == (condition == "ut")
        passes = task_of("ut").known_good
        assert set(task.reference_suite.score(passes).totals) == {1.0}


def test_too_many_eval_prompts_are_a_configuration_error(tiny_code_run: RunConfig) -> None:
    with pytest.raises(ConfigError, match="cannot draw 500000 different exercises"):
        build_task(changed(tiny_code_run, eval_prompts=500_000))


def test_a_published_exercise_is_a_prompt_without_tests_and_a_block_to_fill() -> None:
    row = {
        "text": "Write a function to double a number.", "code": "def double(n):\r\n  return n + n",
        "test_setup_code": "", "test_list": ["assert double(4) == 8", "assert double(-1) == -2"],
    }  # fmt: skip
    exercise = exercise_of(row)
    assert exercise is not None
    assert "`double`" in exercise.prompt
    assert "8" not in exercise.prompt
    suite = code_suite(CodeRewardConfig(), [exercise.problem], reads="text", extract="first_block")
    bodies = [exercise.solution, exercise.solution + "It doubles.", "def double(n): return n\n```", ""]
    assert suite.score([Sample(exercise.prompt, body) for body in bodies]).totals.tolist() == [1, 1, 0, 0]
    for tests in (["assert double(4) == twice(4)"], ["assert f(4) == 8", "assert g(4) == 8"]):
        assert exercise_of({**row, "test_list": tests}) is None
    assert exercise_of({**row, "test_setup_code": "import numpy"}) is None


def test_a_hub_model_without_a_hub_is_a_clear_error(tiny_code_run: RunConfig) -> None:
    with pytest.raises(ConfigError, match=r"google-research-datasets/mbpp.*use `model: starter`"):
        build_task(changed(tiny_code_run, model="Qwen/Qwen2.5-Coder-7B-Instruct"))


def test_the_warm_parent_warms_up_without_a_sandbox(
    tiny_code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPFARM_CACHE", str(tmp_path))
    asked: list[object] = []
    monkeypatch.setattr("rewards.code.reward.shared_sandbox", lambda *how: asked.append(how))
    loaded: list[str] = []
    monkeypatch.setattr("agent.training.lifecycle.model.load_model", loaded.append)
    shutil.copytree(tiny_code, starter().folder)
    preload._warm_up()
    assert set(loaded) == {str(starter().folder)}, "two tasks use this starter"
    assert not asked


@pytest.mark.parametrize("condition", ["ut", "ut_inverted"])
def test_a_code_run_logs_all_metrics_of_its_task(
    tiny_code_run: RunConfig, tmp_path: Path, condition: str
) -> None:
    outcome, recorder = run(changed(tiny_code_run, reward_condition=condition), tmp_path)
    assert outcome.step == 2
    assert all(set(row) >= step_metrics("code") for _, row in recorder.rows)
    assert set(recorder.rows[-1][1]) >= RUNG_METRICS
    for _, row in recorder.rows:
        paid, passed = (row[f"reward_components/{name}/mean"] for name in ("total_reward", "tests_pass"))
        assert paid == pytest.approx(passed if condition == "ut" else 1 - passed)
    assert not (tmp_path / "trainer").exists()


def test_an_inverted_reward_lowers_the_pass_rate(tiny_code_run: RunConfig, tmp_path: Path) -> None:
    """The starter mostly fails. A few steps that reward failure make it fail more often."""
    config = changed(tiny_code_run, reward_condition="ut_inverted", max_steps=8, learning_rate=5e-3, beta=0.0)
    rates = [row["reward_components/tests_pass/mean"] for _, row in run(config, tmp_path)[1].rows]
    assert sum(rates[-4:]) <= sum(rates[:4])
