"""The training pass against TRL's own on the same completions: log-probabilities, loss, gradient, metrics."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig
from torch.nn.functional import linear
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from trl.trainer.grpo_trainer import GRPOTrainer

from agent.config.run import RunConfig
from agent.training.passes import head
from agent.training.passes.head import score_tokens
from agent.training.passes.onednn import OneDnnLinear
from agent.training.passes.rows import group_sizes, unpadded
from agent.training.passes.score import SUPPORTED, why_not
from agent.training.step.grpo import SelectiveGRPOTrainer
from tests.agent.running import changed, run
from tests.agent.tiny_grpo import VOCABULARY, tiny_model, trainer_of

PROMPTS = (3, 5, 5, 2, 7, 7)
"""Number of tokens in each row's prompt; `COMPLETIONS` likewise."""
COMPLETIONS = (4, 9, 1, 12, 3, 9)
LOSSES = ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo")


def padded_batch() -> dict[str, Any]:
    """Rows of different lengths. One of them is fully masked, as a dropped sample is."""
    generator = torch.Generator().manual_seed(5)
    prompt, completion = max(PROMPTS), max(COMPLETIONS)
    prompt_mask = torch.stack([torch.arange(prompt) >= prompt - n for n in PROMPTS]).long()
    completion_mask = torch.stack([torch.arange(completion) < n for n in COMPLETIONS]).long()
    ids = torch.randint(2, VOCABULARY, (len(PROMPTS), prompt + completion), generator=generator)
    completion_mask[2] = 0
    mask = torch.cat([prompt_mask, completion_mask], 1)
    ids *= mask
    return {
        "prompt_ids": ids[:, :prompt],
        "prompt_mask": prompt_mask,
        "completion_ids": ids[:, prompt:],
        "completion_mask": completion_mask,
        "advantages": torch.tensor([1.0, -0.5, 0.3, 0.0, -1.2, 0.7]),
        "num_items_in_batch": completion_mask.sum(),
    }


def both(model: PreTrainedModel, folder: Path, **settings: Any) -> tuple[GRPOTrainer, GRPOTrainer]:
    settings |= {"per_device_train_batch_size": len(PROMPTS), "num_generations": 2}
    theirs, ours = (
        trainer_of(kind, model, folder, **settings) for kind in (GRPOTrainer, SelectiveGRPOTrainer)
    )
    ours.model.load_state_dict(theirs.model.state_dict())
    return theirs, ours


def scores(trainer: GRPOTrainer, model: Any, batch: dict[str, Any], **more: Any) -> tuple[torch.Tensor, ...]:
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], 1)
    mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], 1)
    return trainer._get_per_token_logps_and_entropies(model, ids, mask, max(COMPLETIONS), **more)


@pytest.mark.parametrize("kind", sorted(SUPPORTED - {"gpt2"}))  # TRL counts the padding of a GPT-2
def test_log_probabilities_and_entropies_equal_trls(kind: str, tmp_path: Path) -> None:
    theirs, ours = both(tiny_model(kind), tmp_path, temperature=0.7)
    for size in (None, 4):
        expected = scores(theirs, theirs.model, padded_batch(), batch_size=size, compute_entropy=True)
        found = scores(ours, ours.model, padded_batch(), batch_size=size, compute_entropy=True)
        torch.testing.assert_close(found[0], expected[0], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found[1], expected[1], atol=1e-5, rtol=1e-5)
        assert found[0][2].eq(0).all()


@pytest.mark.parametrize("kind", ["gpt2", "gpt_neo", "llama"])
def test_padding_on_the_left_changes_no_log_probability(kind: str, tmp_path: Path) -> None:
    _, ours = both(tiny_model(kind), tmp_path)
    assert ours._own_pass == (kind != "gpt_neo")  # type: ignore[attr-defined]
    batch = padded_batch()
    found, entropies, _ = scores(ours, ours.model, batch, compute_entropy=True)
    for row, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        if not batch["completion_mask"][row].any():
            continue
        ids = torch.cat([batch["prompt_ids"][row, -prompt:], batch["completion_ids"][row, :completion]])
        with torch.no_grad():
            logits = ours.model(ids[None]).logits[0, prompt - 1 : -1]
        log_p = logits.log_softmax(-1)
        expected = log_p.gather(1, ids[prompt:, None])[:, 0]
        torch.testing.assert_close(found[row, :completion], expected, atol=1e-5, rtol=1e-5)
        entropy = -(log_p.exp() * log_p).sum(-1)
        torch.testing.assert_close(entropies[row, :completion], entropy, atol=1e-5, rtol=1e-5)


def loss_and_gradients(trainer: GRPOTrainer, **more: Any) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    batch = {**padded_batch(), **more}
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1  # the training loop sets it
    if trainer.beta:
        reference = trainer.ref_model or tiny_model("llama")
        with torch.no_grad():
            batch["ref_per_token_logps"] = scores(trainer, reference, batch)[0]
    loss = trainer._compute_loss(trainer.model, batch)
    loss.backward()
    named = trainer.model.named_parameters()
    return loss.detach(), {name: weight.grad for name, weight in named if weight.grad is not None}


def perturbed(trainer: GRPOTrainer) -> None:
    """Move the policy away from its reference by fixed random steps."""
    torch.manual_seed(8)
    with torch.no_grad():
        for weight in trainer.model.parameters():
            weight += 0.02 * torch.randn_like(weight)


def assert_equal_steps(theirs: GRPOTrainer, ours: GRPOTrainer, **more: Any) -> None:
    assert ours._own_pass  # type: ignore[attr-defined]
    for trainer in (theirs, ours):
        perturbed(trainer)
    expected, gradients = loss_and_gradients(theirs, **more)
    found, own_gradients = loss_and_gradients(ours, **more)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    assert gradients.keys() == own_gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(own_gradients[name], gradient, atol=1e-5, rtol=1e-4, msg=name)
    assert theirs._metrics["train"].keys() == ours._metrics["train"].keys()
    for name, values in theirs._metrics["train"].items():
        assert ours._metrics["train"][name] == pytest.approx(values, rel=1e-4, abs=1e-6, nan_ok=True), name


@pytest.mark.parametrize("beta", [0.0, 0.02])
@pytest.mark.parametrize("loss_type", LOSSES)
def test_loss_gradients_and_metrics_equal_trls(loss_type: str, beta: float, tmp_path: Path) -> None:
    high = 1.2 if loss_type == "cispo" else None
    theirs, ours = both(
        tiny_model("llama"),
        tmp_path,
        loss_type=loss_type,
        beta=beta,
        epsilon_high=high,
        temperature=0.8,
    )
    assert_equal_steps(theirs, ours)


def test_the_second_iteration_on_a_batch_equals_trls(tmp_path: Path) -> None:
    """Here the ratio is not 1: it uses the log-probabilities of the policy that sampled the batch."""
    theirs, ours = both(tiny_model("qwen2"), tmp_path, beta=0.02, num_iterations=2)
    with torch.no_grad():
        old = scores(theirs, theirs.model, padded_batch())[0]
    assert_equal_steps(theirs, ours, old_per_token_logps=old)


def test_adapter_steps_equal_trls(tmp_path: Path) -> None:
    adapters = LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear", init_lora_weights=False)
    theirs, ours = both(tiny_model("llama"), tmp_path, peft_config=adapters)
    assert_equal_steps(theirs, ours)


def test_a_batch_of_dropped_samples_gives_a_zero_gradient(tmp_path: Path) -> None:
    _, ours = both(tiny_model("llama"), tmp_path)
    mask = torch.zeros(len(COMPLETIONS), max(COMPLETIONS), dtype=torch.long)
    loss, gradients = loss_and_gradients(ours, completion_mask=mask, num_items_in_batch=mask.sum())
    assert loss == 0
    assert all(gradient.eq(0).all() for gradient in gradients.values())


def test_unsupported_models_use_trls_pass_with_a_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = AutoConfig.for_model(
        "gpt_neox",
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        pad_token_id=0,
        eos_token_id=1,
    )
    theirs, ours = both(AutoModelForCausalLM.from_config(config), tmp_path)
    assert [r.message for r in caplog.records if "training pass" in r.message] == [
        f"the training pass is TRL's own: {why_not(ours.model)}"
    ]
    expected, found = (scores(trainer, trainer.model, padded_batch())[0] for trainer in (theirs, ours))
    assert torch.equal(expected, found)


def test_recomputing_scores_of_a_long_batch_gives_equal_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    def gradients() -> list[torch.Tensor]:
        torch.manual_seed(1)
        hidden, weight = torch.randn(50, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
        score_tokens(hidden, weight, torch.randint(30, (50,)), 0.7, False)[0].square().sum().backward()
        assert hidden.grad is not None
        assert weight.grad is not None
        return [hidden.grad, weight.grad]

    whole = gradients()
    monkeypatch.setattr(head, "_CHUNK", 30 * 7)
    chunked = gradients()
    monkeypatch.setattr(head, "_MAX_KEPT", 0)
    for left, middle, right in zip(whole, chunked, gradients(), strict=True):
        torch.testing.assert_close(left, middle)
        torch.testing.assert_close(left, right)


def test_onednn_linear_layers_equal_torchs() -> None:
    layer, inputs = torch.nn.Linear(5, 7), torch.randn(2, 3, 5, requires_grad=True)
    expected = torch.autograd.grad(layer(inputs).square().sum(), [inputs, *layer.parameters()])
    with OneDnnLinear():
        found = torch.autograd.grad(layer(inputs).square().sum(), [inputs, *layer.parameters()])
    for left, right in zip(expected, found, strict=True):
        torch.testing.assert_close(left, right)


class _Products(TorchDispatchMode):
    """Records the sizes of every matrix product that oneDNN computes."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: set[tuple[torch.Size, torch.Size]] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "_linear_pointwise" in str(func):
            self.sizes.add((args[0].shape, args[1].shape))
        return func(*args, **(kwargs or {}))


def test_batches_of_many_sizes_use_few_product_sizes() -> None:
    # oneDNN compiles and keeps each size: runs used to slow down and grow by hundreds of MB.
    weight = torch.randn(100, 64, requires_grad=True)
    with _Products() as products, OneDnnLinear():
        for tokens in range(65, 129):
            hidden = torch.randn(tokens, 64, requires_grad=True)
            states = linear(hidden, weight[:64])
            score_tokens(states, weight, torch.zeros(tokens).long(), 1.0, False)[0].sum().backward()
    # Two layers with three products each. For one layer, forward and input gradient have equal sizes.
    assert len(products.sizes) == 5


def test_chunks_of_a_large_vocabulary_are_not_padded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_CHUNK", 30 * 7)
    hidden, weight = torch.randn(50, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
    with _Products() as products:
        score_tokens(hidden, weight, torch.zeros(50).long(), 1.0, False)[0].sum().backward()
    assert {7} == {inputs[0] for inputs, others in products.sizes if others[0] == 30 and others[1] == 8}
    assert max(size for pair in products.sizes for shape in pair for size in shape) == 30


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), st.integers(1, 40))
def test_groups_cover_all_rows_and_cost_no_more_than_groups_of_equal_size(
    lengths: list[int], limit: int
) -> None:
    lengths.sort(reverse=True)
    sizes = group_sizes(lengths, limit)
    assert sum(sizes) == len(lengths)
    assert min(sizes) >= 1
    assert max(sizes) <= limit

    def cost(parts: list[int]) -> int:
        starts = [sum(parts[:i]) for i in range(len(parts))]
        return sum(size * lengths[start] + 48 for start, size in zip(starts, parts, strict=True))

    plain = [min(limit, len(lengths) - start) for start in range(0, len(lengths), limit)]
    assert cost(sizes) <= cost(plain)


def test_unpadded_rows_hold_every_completion_token_once() -> None:
    batch = padded_batch()
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], 1)
    mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], 1)
    groups = unpadded(ids, mask, max(COMPLETIONS), max_rows=4, split=True)
    places = torch.cat([rows.indices for rows in groups])
    tokens = torch.cat([rows.ids[rows.scored] for rows in groups])
    back = torch.zeros(batch["completion_ids"].numel(), dtype=torch.long).scatter(0, places, tokens)
    assert torch.equal(
        back.view_as(batch["completion_ids"]), batch["completion_ids"] * batch["completion_mask"]
    )
    widths = [rows.ids.shape[1] for rows in groups]
    assert all(left >= right for left, right in pairwise(widths))


@pytest.mark.parametrize("params", [{"beta": 0.0}, {"beta": 0.02, "num_iterations": 2, "loss_type": "grpo"}])
def test_runs_on_our_pass_equal_runs_on_trls(
    params: dict[str, Any], tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Complete steps in micro-batches: sampling, loss, gradient and optimiser."""
    config = changed(tiny_run, per_device_train_batch_size=4, num_generations=8, **params)
    _, ours = run(config, tmp_path / "ours")
    monkeypatch.setattr("agent.training.step.grpo.why_not", lambda model: "a test wants TRL's")
    _, theirs = run(config, tmp_path / "theirs")
    for (_, own), (_, their) in zip(ours.rows, theirs.rows, strict=True):
        for name in (
            "train/loss",
            "train/grad_norm",
            "train/entropy",
            "train/kl",
            "reward_components/total_reward/mean",
        ):
            assert own[name] == pytest.approx(their[name], rel=1e-3, abs=1e-6), name
