"""Phases and the adaptive KL coefficient: exact rules, and their effect on real steps."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agent.config.run import RunConfig
from agent.config.schedule import HIGHEST_BETA, LOWEST_BETA, Phase, adapted_beta, phase_at
from agent.tasks.build import build_task
from agent.training.lifecycle.model import load_model
from agent.training.objective.sampling import sample
from agent.training.scoring import SuiteReward
from agent.training.step.schedule import set_temperature
from agent.training.step.trainer import build_trainer
from tests.agent.running import changed, run


def test_phase_at_exact() -> None:
    phases = (Phase(steps=2), Phase(steps=3))
    assert [phase_at(phases, step) for step in range(1, 8)] == [0, 0, 1, 1, 1, 1, 1]


def test_adapted_beta_exact() -> None:
    assert adapted_beta(0.1, kl=0.2, target=0.2, gain=0.1) == pytest.approx(0.1)
    assert adapted_beta(0.1, kl=0.22, target=0.2, gain=0.1) == pytest.approx(0.1 * 1.01)
    assert adapted_beta(0.1, kl=9.0, target=0.2, gain=0.1) == pytest.approx(0.1 * 1.02)
    assert adapted_beta(0.1, kl=0.0, target=0.2, gain=0.5) == pytest.approx(0.1 * 0.9)


@given(st.floats(1e-5, 1), st.floats(0, 100), st.floats(1e-3, 10), st.floats(1e-3, 10))
def test_adapted_beta_moves_the_right_way_and_stays_in_range(
    beta: float, kl: float, target: float, gain: float
) -> None:
    after = adapted_beta(beta, kl, target, gain)
    assert LOWEST_BETA <= after <= HIGHEST_BETA
    assert after >= beta if kl >= target else after <= beta


def rows(config: RunConfig, folder: Path, **params: Any) -> list[dict[str, Any]]:
    return [row for _, row in run(changed(config, **params), folder)[1].rows]


def test_phases_change_settings_and_training_from_their_first_step(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    second = {"steps": 2, "beta": 0.3, "temperature": 0.6, "top_p": 0.5, "learning_rate": 5e-3}
    plain = rows(tiny_run, tmp_path / "plain")
    phased = rows(tiny_run, tmp_path / "phased", phases=[{"steps": 2}, second])
    key = "reward_components/total_reward/mean"
    assert [r[key] for r in plain[:2]] == [r[key] for r in phased[:2]]
    assert plain[2][key] != phased[2][key]
    assert [r["train/temperature"] for r in phased] == [0.95, 0.95, 0.6, 0.6]
    assert [r["train/top_p"] for r in phased] == [0.9, 0.9, 0.5, 0.5]
    assert [r["train/beta"] for r in phased] == [tiny_run.beta, tiny_run.beta, 0.3, 0.3]
    assert phased[3]["train/learning_rate"] == pytest.approx(5e-3)


def test_a_phase_that_starts_inside_a_batch_takes_effect_with_the_next_batch(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    phases = [{"steps": 1}, {"steps": 3, "temperature": 0.6}]
    assert [r["train/temperature"] for r in rows(tiny_run, tmp_path, phases=phases)] == [0.95, 0.95, 0.6, 0.6]


def test_a_later_phase_can_switch_the_kl_term_on(tiny_run: RunConfig, tmp_path: Path) -> None:
    phases = [{"steps": 2}, {"steps": 2, "beta": 0.2}]
    found = rows(tiny_run, tmp_path, beta=0.0, phases=phases)
    assert ["train/kl_sampled" in row for row in found] == [False, False, True, True]


def test_beta_falls_below_the_kl_target_and_rises_above_it(tiny_run: RunConfig, tmp_path: Path) -> None:
    far = rows(tiny_run, tmp_path / "far", kl_target=100.0, beta=0.1)
    near = rows(tiny_run, tmp_path / "near", kl_target=1e-9, beta=0.1)
    assert [r["train/beta"] for r in far] == pytest.approx([0.1 * 0.98**i for i in range(4)])
    assert [r["train/beta"] for r in near] == pytest.approx([0.1 * 1.02**i for i in range(4)])


def test_log_probabilities_follow_the_temperature(tiny_run: RunConfig, tmp_path: Path) -> None:
    """TRL keeps the temperature in three places. An earlier system changed only one of them."""
    task = build_task(tiny_run)
    model, tokenizer = load_model(task.model_path)
    reward = SuiteReward(task.training_suite, task.monitored, tiny_run.num_generations)
    trainer = build_trainer(tiny_run, 4, task, model, tokenizer, reward, tmp_path)
    batch = sample(model, tokenizer, ["ATG", "TTGACA"], max_new_tokens=8, temperature=1.0, seed=1)
    for temperature in (0.5, 1.7):
        set_temperature(trainer, temperature)
        logits = model(input_ids=batch.ids, attention_mask=batch.attention).logits[:, -9:-1] / temperature
        expected = torch.log_softmax(logits, -1).gather(-1, batch.ids[:, -8:, None]).squeeze(-1)
        for network in (trainer.model, trainer.ref_model):
            found = trainer._get_per_token_logps_and_entropies(network, batch.ids, batch.attention, 8)[0]
            assert torch.allclose(found, expected, atol=1e-4)
