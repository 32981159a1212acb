"""Tasks of users: from a file beside the sweep, and from an installed package."""

from pathlib import Path

import pytest

from agent.config.errors import ConfigError
from agent.config.metrics import step_metrics
from agent.config.run import RunConfig
from agent.config.tasks import our_tasks, task_definition
from agent.tasks.build import build_task
from tests.agent.running import run

TASK_FILE = '''
from agent.config.tasks import TaskDefinition
from agent.tasks.base import Prompts, Task
from rewards.base import Sample
from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.plasmid.components.gc import Gc


class GcRewardConfig(RewardConfig):
    """What the model is rewarded for."""

    reward_gc: float = 0.5
    """Lowest GC content wanted."""


def build(config):
    suite = RewardSuite([Weighted(Gc(config.reward.reward_gc, 1.0), 1.0)])
    return Task(
        name="gc_only",
        model_path=config.model,
        prompts=Prompts(("ATG", "GCA", "TTC", "CCA"), ("CAT", "GGG", "TAC", "AAC")),
        training_suite=suite,
        reference_suite=suite,
        monitored=("gc",),
        known_good=(Sample("", "GC" * 9),),
        known_bad=(Sample("", "AT" * 9),),
    )


TASK = TaskDefinition(reward=GcRewardConfig, monitored=("gc",), build=build, starter=lambda: None)
NO_TASK = 3
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_task.py").write_text(TASK_FILE)
    (tmp_path / "torn.py").write_text("TASK = (")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parameters(model: Path, task: str) -> dict[str, object]:
    return {
        "task": task,
        "model": str(model),
        "reward_gc": 0.4,
        "max_steps": 2,
        "rungs": 1,
        "train_prompts": 4,
        "eval_prompts": 4,
        "eval_samples": 1,
        "max_completion_length": 16,
        "per_device_train_batch_size": 4,
        "num_generations": 4,
    }


def test_a_run_of_a_task_in_a_file_trains_on_its_reward(here: Path, tiny_starter: Path) -> None:
    config = RunConfig.from_params(parameters(tiny_starter, "my_task.py:TASK"))
    assert RunConfig.from_params(config.flat()) == config
    outcome, recorder = run(config, here / "run")
    assert outcome.name == "finished"
    _, last = recorder.rows[-1]
    assert set(last) >= step_metrics("my_task.py:TASK") > {"reward_components/gc/mean"}
    assert 0.0 <= last["objective/score"] <= 1.0


def test_a_task_of_an_installed_package_is_found_by_its_entry_point(
    here: Path, tiny_starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = here / "my_task-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_task\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[sweepfarm.tasks]\ngc_only = my_task:TASK\ntorn = torn:TASK\nstories = my_task:TASK\n"
    )
    monkeypatch.syspath_prepend(here)
    task = build_task(RunConfig.from_params(parameters(tiny_starter, "gc_only")))
    assert (task.name, task.monitored) == ("gc_only", ("gc",))
    with pytest.raises(ConfigError, match="unknown task `gc_olny`; did you mean `gc_only`"):
        task_definition("gc_olny")
    with pytest.raises(ConfigError, match=r"torn \(torn:TASK\) .* cannot be imported: SyntaxError"):
        task_definition("torn")
    with pytest.raises(ConfigError, match=r"the package my_task declares stories .* is built in"):
        task_definition("stories")


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("absent.py:TASK", "there is no file"),
        ("my_task.py:ABSENT", "does not define ABSENT"),
        ("my_task.py:NO_TASK", "is a int, not a TaskDefinition"),
        ("torn.py:TASK", "cannot be imported: SyntaxError"),
        ("plasmit", "did you mean `plasmid`"),
        (3, "unknown task `3`"),
    ],
)
def test_an_invalid_task_is_named_in_the_error(here: Path, task: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        RunConfig.from_params({"task": task})


def test_an_unknown_reward_parameter_of_a_file_task_is_refused(here: Path) -> None:
    with pytest.raises(ConfigError, match="unknown parameter `reward_gcc`; did you mean `reward_gc`"):
        RunConfig.from_params({"task": "my_task.py:TASK", "reward_gcc": 1})


@pytest.mark.parametrize("name", our_tasks())
def test_each_shipped_task_has_a_small_budget_file(name: str) -> None:
    budget = task_definition(name).small_budget
    assert budget is not None
    assert budget.is_file()
