"""The starting model's completions are sampled once, then read from the cache of that model."""

from pathlib import Path

import pytest
import torch

from agent.training.lifecycle.model import load_model
from agent.training.objective.baseline import starter_completions, weights_hash
from agent.training.objective.divergence import token_log_probabilities
from agent.training.objective.sampling import SampleArguments, sample

PROMPTS = ("ATG", "TTGACA")
SETTINGS: SampleArguments = {"max_new_tokens": 8, "temperature": 0.9, "top_p": 0.9, "seed": 3}


def test_cached_starter_completions_equal_sampled_ones(
    tiny_starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPFARM_CACHE", str(tmp_path))
    model, tokenizer = load_model(str(tiny_starter))
    expected = sample(model, tokenizer, PROMPTS, **SETTINGS)
    for _ in ("sampled", "read"):
        rows, log_probabilities = starter_completions(model, tokenizer, PROMPTS, **SETTINGS)
        assert rows.texts == expected.texts
        for name in ("ids", "attention", "finished"):
            assert torch.equal(getattr(rows, name), getattr(expected, name))
        assert torch.equal(log_probabilities, token_log_probabilities(model, expected))
    (kept,) = tmp_path.glob("baseline-*")
    kept.write_bytes(kept.read_bytes()[:100])  # a damaged file is sampled again
    assert starter_completions(model, tokenizer, PROMPTS, **SETTINGS)[0].texts == expected.texts


def test_weights_hash_changes_with_the_weights(tiny_starter: Path) -> None:
    model, _ = load_model(str(tiny_starter))
    before = weights_hash(model)
    with torch.no_grad():
        model.lm_head.weight.add_(1e-6)
    assert weights_hash(model) != before
