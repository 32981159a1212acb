"""What a published model brings along: several end tokens and sampling settings of its own."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, GenerationConfig

from agent.config.run import RunConfig
from agent.training.lifecycle.model import load_model
from agent.training.objective.baseline import starter_completions
from agent.training.objective.divergence import token_log_probabilities
from agent.training.objective.sampling import sample
from agent.training.sampler.ends import end_ids
from tests.agent.hub_models import hub_model
from tests.agent.running import changed, run

ENDS = list(range(2, 250, 12))
PROMPTS = ["ATG", "TTGACA", "GGATCC", "ATGAAACCC"] * 4
OWN_SETTINGS: dict[str, Any] = {
    "do_sample": True,
    "temperature": 0.2,
    "top_k": 3,
    "top_p": 0.5,
    "min_p": 0.2,
    "typical_p": 0.5,
    "repetition_penalty": 1.7,
    "no_repeat_ngram_size": 2,
    "suppress_tokens": list(range(20, 120)),
    "begin_suppress_tokens": list(range(120, 200)),
    "forced_eos_token_id": 7,
    "min_length": 12,
    "min_new_tokens": 12,
}
MODELS = ("llama", "mistral")
"""The first is sampled by our sampler, the second by transformers' `generate`."""


@pytest.mark.parametrize("kind", MODELS)
def test_every_end_token_ends_completions_of_training_and_of_the_objective(
    kind: str, tiny_run: RunConfig, tiny_starter: Path, tmp_path: Path
) -> None:
    folder = hub_model(kind, tiny_starter, tmp_path / "model", generation={"eos_token_id": ENDS})
    config = changed(tiny_run, model=str(folder), max_steps=1, rungs=1, max_completion_length=64)
    outcome, recorder = run(config, tmp_path / "run")
    row = recorder.rows[-1][1]
    for name in ("completions/mean_length", "objective/mean_length"):
        assert 1 <= row[name] < 32, name
    for name in ("completions/truncated_fraction", "objective/truncated_fraction"):
        assert row[name] < 0.5, name
    saved, tokenizer = load_model(str(outcome.checkpoint))
    assert set(end_ids(saved, tokenizer)) == {*ENDS, tokenizer.eos_token_id}


@pytest.mark.parametrize("kind", MODELS)
def test_completions_are_cut_after_their_first_end_token(
    kind: str, tiny_starter: Path, tmp_path: Path
) -> None:
    model, tokenizer = load_model(
        str(hub_model(kind, tiny_starter, tmp_path, generation={"eos_token_id": ENDS}))
    )
    rows = sample(model, tokenizer, PROMPTS, max_new_tokens=10, temperature=1.0, seed=1)
    ends = set(end_ids(model, tokenizer))
    generated = rows.ids[:, rows.prompt_length :]
    for ids, mask, finished in zip(generated, rows.completion_mask, rows.finished, strict=True):
        kept = ids[mask.bool()].tolist()
        assert not set(kept[:-1]) & ends
        assert bool(finished) == (kept[-1] in ends)
        assert finished or len(kept) == generated.shape[1]
    assert 0 < rows.truncated_fraction < 1


def test_the_end_of_a_chat_turn_ends_a_completion(tiny_starter: Path, tmp_path: Path) -> None:
    model, tokenizer = load_model(str(hub_model("llama", tiny_starter, tmp_path, chat_end="<|im_end|>")))
    turn = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert end_ids(model, tokenizer) == (tokenizer.eos_token_id, turn)
    assert model.generation_config is not None
    assert model.generation_config.eos_token_id == [tokenizer.eos_token_id, turn]


def test_a_starter_has_one_end_token(tiny_starter: Path) -> None:
    model, tokenizer = load_model(str(tiny_starter))
    assert end_ids(model, tokenizer) == (tokenizer.eos_token_id,)


def test_cached_completions_depend_on_the_end_tokens(
    tiny_starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPFARM_CACHE", str(tmp_path / "cache"))
    lengths = []
    for name, generation in (("one", {}), ("many", {"eos_token_id": ENDS})):
        folder = hub_model("llama", tiny_starter, tmp_path / name, generation=generation)
        model, tokenizer = load_model(str(folder))
        rows, _ = starter_completions(model, tokenizer, PROMPTS, max_new_tokens=16, temperature=1.0, seed=1)
        lengths.append(rows.mean_length)
    assert lengths[1] < lengths[0]


@pytest.mark.parametrize("kind", MODELS)
def test_a_models_own_sampling_settings_change_nothing(
    kind: str, tiny_run: RunConfig, tiny_starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPFARM_CACHE", str(tmp_path / "cache"))
    measured = []
    for name, generation in (("none", {}), ("own", OWN_SETTINGS)):
        folder = hub_model(kind, tiny_starter, tmp_path / name, generation=generation)
        if generation:  # else the test would compare a model with itself
            assert GenerationConfig.from_pretrained(folder).repetition_penalty == 1.7
        config = changed(tiny_run, model=str(folder), max_steps=2, rungs=1, beta=0.05)
        outcome, recorder = run(config, tmp_path / f"run-{name}")
        names = ("reward_components/total_reward/mean", "completions/mean_length", "objective/score")
        rows = [{n: row[n] for n in names if n in row} for _, row in recorder.rows]
        measured.append((rows, outcome.starter_score, outcome.temperatures))
    assert measured[0] == measured[1]
    saved = GenerationConfig.from_pretrained(str(outcome.checkpoint))
    assert saved.eos_token_id == AutoTokenizer.from_pretrained(folder).eos_token_id
    assert saved.repetition_penalty in (None, 1.0)


OPT = {"ffn_dim": 48, "word_embed_proj_dim": 32, "dropout": 0.1, "attention_dropout": 0.1, "layerdrop": 0.2}


def test_dropout_that_a_model_applies_as_a_function_is_off(
    tiny_run: RunConfig, tiny_starter: Path, tmp_path: Path
) -> None:
    folder = hub_model("opt", tiny_starter, tmp_path / "model", **OPT)
    config = changed(tiny_run, model=str(folder), max_steps=1, rungs=1, beta=0.05, learning_rate=1e-12)
    _, recorder = run(config, tmp_path / "run")
    row = recorder.rows[-1][1]
    for name in ("train/kl_sampled", "train/kl", "objective/kl"):
        assert row[name] == pytest.approx(0, abs=1e-6), name


def test_probabilities_are_measured_without_dropout(tiny_starter: Path, tmp_path: Path) -> None:
    model, tokenizer = load_model(str(hub_model("opt", tiny_starter, tmp_path, **OPT)))
    rows = sample(model, tokenizer, PROMPTS, max_new_tokens=8, temperature=1.0, seed=1)
    expected = token_log_probabilities(model.eval(), rows)
    model.model.decoder.dropout = 0.5  # as of a model that hides a probability somewhere else
    assert torch.equal(token_log_probabilities(model.train(), rows), expected)
    assert model.training


@pytest.mark.parametrize("kind", ["gpt2", "gpt_neo", "llama"])
def test_prompts_of_unequal_length_have_the_probabilities_at_which_they_were_sampled(
    kind: str, tiny_starter: Path, tmp_path: Path
) -> None:
    shape = (
        {"attention_types": [[["global"], 2]], "num_layers": 2, "num_heads": 2} if kind == "gpt_neo" else {}
    )
    model, tokenizer = load_model(str(hub_model(kind, tiny_starter, tmp_path, **shape)))
    rows = sample(model, tokenizer, PROMPTS, max_new_tokens=8, temperature=1.0, seed=1)
    found = token_log_probabilities(model, rows)
    for row, prompt in enumerate(PROMPTS):
        ids = rows.ids[row][rows.attention[row].bool()]
        start = len(tokenizer(prompt)["input_ids"])
        with torch.no_grad():
            log_p = model(ids[None]).logits[0, start - 1 : -1].log_softmax(-1)
        expected = log_p.gather(1, ids[start:, None])[:, 0]
        torch.testing.assert_close(found[row, : len(expected)], expected, atol=1e-5, rtol=1e-5)
