"""With our sampler and training pass the reward rises as fast as with TRL's, within the spread over seeds."""

import statistics
from pathlib import Path

from trl.trainer.grpo_trainer import GRPOTrainer

from agent.training.step.grpo import SelectiveGRPOTrainer
from tests.agent.tiny_grpo import tiny_model, trainer_of

SEEDS = range(5)
STEPS, BLOCK = 100, 20
T_99 = 4.604
"""Two-sided 99 % point of Student's t for `SEEDS`: 4 degrees of freedom."""


def wanted(completions: list[str], **_: object) -> list[float]:
    """The number of words `w8` in each completion over the largest possible number, in [0, 1]."""
    return [text.split().count("w8") / 8 for text in completions]


def curve(kind: type[GRPOTrainer], seed: int, folder: Path) -> list[float]:
    """Mean reward of each block of steps."""
    trainer = trainer_of(
        kind,
        tiny_model("llama"),
        folder,
        reward=wanted,
        max_steps=STEPS,
        logging_steps=BLOCK,
        per_device_train_batch_size=16,
        num_generations=8,
        max_completion_length=8,
        learning_rate=3e-3,
        beta=0.02,
        seed=seed,
    )
    trainer.train()
    return [row["reward"] for row in trainer.state.log_history if "reward" in row]


def interval(values: list[float]) -> tuple[float, float]:
    """99 % confidence interval of the mean of `values`."""
    mean, half = statistics.mean(values), T_99 * statistics.stdev(values) / len(values) ** 0.5
    return mean - half, mean + half


def test_rewards_rise_as_with_trl(tmp_path: Path) -> None:
    curves = {
        kind: [curve(kind, seed, tmp_path / f"{kind.__name__}-{seed}") for seed in SEEDS]
        for kind in (GRPOTrainer, SelectiveGRPOTrainer)
    }
    for block in range(STEPS // BLOCK):
        theirs, ours = ([of_seed[block] for of_seed in of_kind] for of_kind in curves.values())
        (their_low, their_high), (low, high) = interval(theirs), interval(ours)
        assert low <= their_high, (block, theirs, ours)
        assert their_low <= high, (block, theirs, ours)
    for of_kind in curves.values():
        assert statistics.mean(c[-1] for c in of_kind) > 3 * statistics.mean(c[0] for c in of_kind)
