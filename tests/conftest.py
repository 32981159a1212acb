"""Fixtures shared by all rooms."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from agent.config.run import RunConfig

# One thread per test process, because tests start processes that need the other cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("WANDB_ERROR_REPORTING", "false")


# If a script starts pytest with `&`, SIGINT is ignored, and the processes that tests interrupt inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


# Tests assert no times: on a busy machine any example may take long.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def tiny_starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a real starter with the real corpus and tokenizer, but few steps and weights."""
    from agent.tasks.plasmid.starter import PlasmidStarterConfig, starter_path

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWEEPFARM_CACHE", str(tmp_path_factory.mktemp("cache")))
        config = PlasmidStarterConfig(
            vocab_size=256,
            width=32,
            layers=1,
            heads=2,
            feed_forward=64,
            batch_size=8,
            row_tokens=96,
            steps=12,
        )
        return starter_path(config)


@pytest.fixture(scope="session")
def tiny_run(tiny_starter: Path) -> "RunConfig":
    """A run of four steps with two rungs on the tiny starter.

    Such a small model writes no features, so the reward is for length: otherwise all rewards would be equal.
    """
    from agent.config.run import RunConfig

    return RunConfig.from_params(
        {
            "model": str(tiny_starter),
            "max_steps": 4,
            "rungs": 2,
            "train_prompts": 16,
            "eval_prompts": 8,
            "eval_samples": 1,
            "final_temperatures": [0.8, 1.2],
            "final_samples": 1,
            "max_completion_length": 24,
            "per_device_train_batch_size": 4,
            "num_generations": 4,
            "learning_rate": 1e-3,
            "reward_length_weight": 4.0,
            "reward_length_penalty": False,
            "reward_min_length": 20,
            "reward_ideal_min_length": 200,
            "reward_filler_penalty": 0.0,
            "reward_essential_floor": 1.0,
        }
    )
