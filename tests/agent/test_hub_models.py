"""Models as the Hub has them: several end tokens, sampling settings of their own, dropout as a function."""

import shutil
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
)

from agent.config.run import RunConfig
from agent.training.lifecycle.model import load_model
from agent.training.objective.baseline import starter_completions
from agent.training.objective.sampling import SampleArguments, sample
from agent.training.sampler.ends import end_ids
from tests.agent.running import changed, run

PROMPTS = ("ATG", "TTGACA", "GGATCC", "ATGACC")
SETTINGS: SampleArguments = {"max_new_tokens": 24, "temperature": 1.0, "seed": 3}
SHAPES = {
    "llama": {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4},
    "qwen2": {
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    },
    "opt": {
        "hidden_size": 64,
        "ffn_dim": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "word_embed_proj_dim": 64,
        "dropout": 0.1,
    },
}


@pytest.fixture
def hub_model(tiny_starter: Path, tmp_path: Path):
    """A function that saves a random model with the starter's tokenizer, and returns its folder."""

    def save(kind: str, **generation: object) -> Path:
        tokenizer = AutoTokenizer.from_pretrained(tiny_starter)
        config = AutoConfig.for_model(
            kind,
            vocab_size=len(tokenizer),
            max_position_embeddings=512,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            **SHAPES[kind],
        )
        torch.manual_seed(5)
        folder = tmp_path / f"{kind}-{len(generation)}"
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
        model.generation_config = GenerationConfig(
            **{"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, **generation}
        )
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return save


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_every_end_token_ends_a_completion_of_the_objective(hub_model, kind: str) -> None:
    ends = [1, *range(40, 140)]
    model, tokenizer = load_model(str(hub_model(kind, eos_token_id=ends)))
    assert set(end_ids(model, tokenizer)) == {*ends, tokenizer.eos_token_id}
    rows = sample(model, tokenizer, PROMPTS * 8, **{**SETTINGS, "max_new_tokens": 300})
    assert rows.truncated_fraction < 0.5
    for ids, mask, finished in zip(
        rows.ids[:, rows.prompt_length :].tolist(),
        rows.completion_mask.bool().tolist(),
        rows.finished.tolist(),
        strict=True,
    ):
        written = [token for token, kept in zip(ids, mask, strict=True) if kept]
        assert not set(written[:-1]) & set(end_ids(model, tokenizer))
        assert (written[-1] in end_ids(model, tokenizer)) == finished


def test_the_cache_of_the_starting_model_knows_the_end_tokens(
    hub_model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPFARM_CACHE", str(tmp_path / "cache"))
    lengths = []
    for ends in ([1], [1, *range(40, 140)]):
        model, tokenizer = load_model(str(hub_model("llama", eos_token_id=ends)))
        rows, _ = starter_completions(model, tokenizer, PROMPTS * 8, **SETTINGS)
        lengths.append(rows.mean_length)
    assert lengths[1] < lengths[0]


def test_training_and_objective_end_at_the_same_tokens(
    hub_model, tiny_run: RunConfig, tmp_path: Path
) -> None:
    folder = hub_model("llama", eos_token_id=[1, *range(40, 140)])
    _, recorder = run(changed(tiny_run, model=str(folder), max_completion_length=200), tmp_path / "run")
    rungs = [row for _, row in recorder.rows if "objective/mean_length" in row]
    assert rungs
    assert all(row["objective/truncated_fraction"] < 0.5 for row in rungs)
    assert all(row["objective/mean_length"] < 150 for row in rungs)


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
@pytest.mark.parametrize(
    "own",
    [
        {"repetition_penalty": 1.9},
        {"top_k": 1, "do_sample": True, "temperature": 0.1, "top_p": 0.1},
        {"suppress_tokens": list(range(4, 60)), "no_repeat_ngram_size": 2, "min_new_tokens": 20},
    ],
    ids=["repetition", "sharp", "suppressed"],
)
def test_a_models_own_sampling_settings_change_nothing(hub_model, kind: str, own: dict[str, object]) -> None:
    texts = []
    for generation in ({}, own):
        model, tokenizer = load_model(str(hub_model(kind, **generation)))
        texts.append(sample(model, tokenizer, PROMPTS, **SETTINGS).texts)
    assert texts[0] == texts[1]


def test_dropout_as_a_function_is_off(hub_model, tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = hub_model("opt")
    assert AutoConfig.from_pretrained(folder).dropout == 0.1
    outcome, recorder = run(changed(tiny_run, model=str(folder), learning_rate=1e-9), tmp_path / "run")
    assert outcome.name == "finished"
    rows = [row for _, row in recorder.rows if "train/kl_sampled" in row]
    assert all(row["train/kl_sampled"] < 1e-4 for row in rows)
    shutil.rmtree(folder)
