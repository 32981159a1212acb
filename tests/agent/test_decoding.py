"""Our sampler against transformers' `generate`: equal tokens, distributions and log-probabilities."""

import logging
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from scipy.stats import chisquare
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from agent.config.run import RunConfig
from agent.tasks.build import build_task
from agent.training.lifecycle.model import load_model
from agent.training.objective.sampling import sample
from agent.training.sampler import loop
from agent.training.sampler.draw import draw, draw_static
from agent.training.sampler.generate import generate, prefill
from agent.training.sampler.interface import SamplingParameters, UnsupportedError, _warn
from agent.training.sampler.static import StaticDecoder
from agent.training.scoring import SuiteReward
from agent.training.step.grpo import SelectiveGRPOTrainer
from agent.training.step.trainer import build_trainer
from agent.training.step.trl_sampling import sampling_parameters

VOCABULARY = 150
PROMPTS = ([5, 6, 7], [9], [5, 6, 7], [3, 4, 5, 6, 7, 8, 9], [9])
NEVER = (VOCABULARY + 1,)
LIKELY = 1e-4
"""Smallest accepted p-value. Seeds are fixed, so each test passes always or never."""


def llama(**changes: object) -> PreTrainedModel:
    torch.manual_seed(3)
    sizes = {"hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2, "num_attention_heads": 6}
    # With small weights two tokens could be nearly equally likely, and rounding would decide.
    settings = {
        "vocab_size": VOCABULARY,
        "num_key_value_heads": 2,
        "initializer_range": 0.3,
        **sizes,
        **changes,
    }
    return LlamaForCausalLM(LlamaConfig(**settings)).eval()


def gpt2(**changes: object) -> PreTrainedModel:
    torch.manual_seed(3)
    sizes = {"n_embd": 48, "n_layer": 2, "n_head": 4, "n_positions": 64, "initializer_range": 0.3}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return GPT2LMHeadModel(GPT2Config(**{"vocab_size": VOCABULARY, **ends, **sizes, **changes})).eval()


MODELS = {
    "llama": llama(),
    "llama, tied, one head each": llama(num_key_value_heads=6, tie_word_embeddings=True),
    "llama, biases, wide heads": llama(attention_bias=True, mlp_bias=True, head_dim=16),
    "llama, packed products": llama(hidden_size=240, intermediate_size=200),
    "gpt2": gpt2(),
    "gpt2, exact gelu, scaled layers": gpt2(
        activation_function="gelu", scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False
    ),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return MODELS[request.param]


@torch.no_grad()
def theirs(model: PreTrainedModel, length: int, ends: tuple[int, ...]) -> list[list[int]]:
    """Greedy completions of `PROMPTS` by transformers, cut after the first token of `ends`."""
    width = max(map(len, PROMPTS))
    ids = torch.tensor([[0] * (width - len(p)) + p for p in PROMPTS])
    attention = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in PROMPTS])
    out = model.generate(
        input_ids=ids,
        attention_mask=attention,
        max_new_tokens=length,
        do_sample=False,
        pad_token_id=0,
        eos_token_id=list(ends),
    )
    rows = out[:, width:].tolist()
    firsts = [next((i for i, token in enumerate(row) if token in ends), length) for row in rows]
    return [row[: first + 1] for row, first in zip(rows, firsts, strict=True)]


@torch.no_grad()
def exact_log_probabilities(
    model: PreTrainedModel, prompt: list[int], completion: list[int], temperature: float
) -> torch.Tensor:
    logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1] / temperature
    return logits.log_softmax(-1).gather(1, torch.tensor(completion).unsqueeze(1)).squeeze(1)


def test_greedy_tokens_equal_those_of_transformers(model: PreTrainedModel) -> None:
    full = theirs(model, 30, NEVER)
    assert generate(model, PROMPTS, SamplingParameters(30, NEVER, top_k=1)).completions == full
    ends = (full[0][4], full[1][11], full[3][2])  # rows end early, at different steps
    ended = theirs(model, 30, ends)
    assert len({len(row) for row in ended}) > 1
    assert generate(model, PROMPTS, SamplingParameters(30, ends, top_k=1)).completions == ended


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.7, 0.8), (1.6, 0.95)])
def test_log_probabilities_equal_those_of_a_full_forward_pass(
    model: PreTrainedModel, temperature: float, top_p: float
) -> None:
    torch.manual_seed(0)
    ends = tuple(range(0, VOCABULARY, 12))  # many end tokens, so that rows leave the batch often
    prompts = PROMPTS * 4
    made = generate(model, prompts, SamplingParameters(30, ends, temperature, top_p))
    for prompt, completion, found in zip(prompts, made.completions, made.log_probabilities, strict=True):
        exact = exact_log_probabilities(model, prompt, completion, temperature)
        assert torch.allclose(torch.tensor(found), exact, atol=1e-4)
        assert not set(completion[:-1]) & set(ends)
        assert completion[-1] in ends or len(completion) == 30


WARPS = [
    (1.0, 1.0, 0),
    (0.6, 1.0, 0),
    (1.3, 0.9, 0),
    (1.0, 0.5, 0),
    (2.0, 0.03, 0),
    (1.0, 1.0, 7),
    (1.3, 0.8, 40),
]


@pytest.mark.parametrize(("temperature", "top_p", "top_k"), WARPS)
@pytest.mark.parametrize("draw_from", [draw, draw_static])
@pytest.mark.parametrize("size", [40, 300])
def test_tokens_are_drawn_from_the_exact_distribution(
    draw_from: object, size: int, temperature: float, top_p: float, top_k: int
) -> None:
    assert callable(draw_from)
    torch.manual_seed(size)
    logits = 2 * torch.randn(1, size)
    warped = TemperatureLogitsWarper(temperature)(None, logits)
    if top_k:
        warped = TopKLogitsWarper(top_k)(None, warped)
    if top_p < 1:
        warped = TopPLogitsWarper(top_p)(None, warped)
    expected = warped.softmax(-1)[0].double()
    probabilities = (logits / temperature).softmax(-1).expand(4000, -1)
    draws = torch.cat([draw_from(probabilities, top_p, top_k) for _ in range(10)])
    check_counts(torch.bincount(draws, minlength=size), expected)


def check_counts(counts: torch.Tensor, probabilities: torch.Tensor) -> None:
    """Pearson's chi-squared test. Cells that are too rare for it are pooled."""
    assert counts[probabilities == 0].sum() == 0
    expected = probabilities / probabilities.sum() * counts.sum()
    rare = expected < 10
    both = [torch.cat([x[~rare], x[rare].sum().view(1)]) if expected[rare].sum() > 1 else x[~rare]
            for x in (counts.double(), expected)]  # fmt: skip
    observed, wanted = both[0], both[1] * both[0].sum() / both[1].sum()
    if len(observed) > 1:
        assert chisquare(observed.numpy(), wanted.numpy()).pvalue > LIKELY


@pytest.mark.parametrize("make", [llama, gpt2])
def test_pairs_of_tokens_are_sampled_with_their_exact_probabilities(make: object) -> None:
    assert callable(make)
    model, end, temperature = make(vocab_size=6), 5, 1.4
    torch.manual_seed(1)
    made = generate(model, [[1, 2]] * 20000, SamplingParameters(2, (end,), temperature)).completions
    with torch.no_grad():
        first = (model(torch.tensor([[1, 2]])).logits[0, -1] / temperature).softmax(-1)
        after = torch.tensor([[1, 2, token] for token in range(6)])
        second = (model(after).logits[:, -1] / temperature).softmax(-1)
    joint = first.unsqueeze(1) * second
    joint[end] = torch.tensor([first[end], 0, 0, 0, 0, 0])
    cells = torch.tensor([6 * row[0] + (row[1] if len(row) > 1 else 0) for row in made])
    check_counts(torch.bincount(cells, minlength=36), joint.flatten().double())


def test_the_seed_decides_the_tokens_and_weights_are_read_at_each_call() -> None:
    model, sampling = llama(), SamplingParameters(12, NEVER, top_p=0.9)

    def made(seed: int) -> list[list[int]]:
        torch.manual_seed(seed)
        return generate(model, PROMPTS, sampling).completions

    before = made(1)
    assert made(1) == before
    assert made(2) != before
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight.mul_(-1)
    assert made(1) != before


@pytest.mark.parametrize("top_k", [0, 1])
def test_static_decoding_samples_the_same_tokens(model: PreTrainedModel, top_k: int) -> None:
    """A GPU captures static decoding as a graph. Without sorting and early ends, both draw equal numbers."""
    sampling = SamplingParameters(21, NEVER, temperature=0.8, top_k=top_k)
    torch.manual_seed(5)
    plain = generate(model, PROMPTS, sampling)
    decoder = StaticDecoder(prefill(model, PROMPTS, sampling, torch.float32), sampling)
    with torch.no_grad():
        decoder.step()
        decoder.reset()
        torch.manual_seed(5)
        tokens, log_probabilities = decoder.run()
    assert tokens.tolist() == plain.completions
    assert torch.allclose(log_probabilities, torch.tensor(plain.log_probabilities), atol=1e-5)


def test_static_decoding_ends_when_every_row_has_ended() -> None:
    sampling = SamplingParameters(60, tuple(range(VOCABULARY)))
    with torch.no_grad():
        tokens, _ = StaticDecoder(prefill(llama(), PROMPTS, sampling, torch.float32), sampling).run()
    assert tokens.shape == (5, 16)


@pytest.mark.parametrize("make", [llama, gpt2])
def test_sampling_uses_adapters_only_while_they_are_enabled(make: object) -> None:
    assert callable(make)
    adapted = get_peft_model(
        make(), LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    ).eval()
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.3)
    sampling = SamplingParameters(20, NEVER, top_k=1)
    found = generate(adapted, PROMPTS, sampling).completions
    assert found == theirs(adapted, 20, NEVER)
    with adapted.disable_adapter():
        assert generate(adapted, PROMPTS, sampling).completions == theirs(make(), 20, NEVER) != found


def test_few_rows_are_decoded_with_one_thread_and_the_thread_count_is_restored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Thread counts are only recorded: real threads would not survive a fork of this process.
    threads = [2]
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[-1])
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    monkeypatch.setattr(loop, "_FEW_ROWS", 7)
    seen: list[tuple[int, int]] = []
    forward = loop.forward

    def watched(network: object, cache: object, tokens: torch.Tensor, *rest: object) -> torch.Tensor:
        seen.append((len(tokens), threads[-1]))
        return forward(network, cache, tokens, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "forward", watched)
    torch.manual_seed(0)
    generate(llama(), [[7, 8]] * 8, SamplingParameters(30, tuple(range(6))))
    assert threads[-1] == 2
    rows = {count for count, _ in seen}
    assert min(rows) <= 6 < max(rows)
    assert all(threads == (1 if count <= 6 else 2) for count, threads in seen)


def test_sampling_from_nan_weights_is_a_clear_error() -> None:
    model = llama()
    with torch.no_grad():
        model.lm_head.weight[3] = torch.nan
    for top_p in (1.0, 0.9):
        with pytest.raises(FloatingPointError, match="NaN or infinite"):
            generate(model, PROMPTS, SamplingParameters(4, NEVER, top_p=top_p))


def mistral() -> PreTrainedModel:
    torch.manual_seed(3)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    return MistralForCausalLM(MistralConfig(vocab_size=256, num_key_value_heads=1, **sizes)).eval()


def dora() -> torch.nn.Module:
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", use_dora=True)
    return get_peft_model(llama(), config)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (mistral, "MistralForCausalLM"),
        (dora, "variant of LoRA"),
        (lambda: llama(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}), "scaled"),
        (lambda: gpt2(n_positions=30), "30 positions"),
    ],
)
def test_unsupported_models_are_refused(make: object, reason: str) -> None:
    assert callable(make)
    with pytest.raises(UnsupportedError, match=reason):
        generate(make(), PROMPTS, SamplingParameters(30, NEVER))


def test_an_unsupported_model_is_sampled_by_transformers_with_one_warning(
    tiny_starter: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, tokenizer = load_model(str(tiny_starter))
    _warn.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            rows = sample(mistral(), tokenizer, ["ATG", "GGATCC"], max_new_tokens=6, temperature=1.0, seed=1)
    assert [record.message for record in caplog.records] == [
        "sampling with transformers' generate, which is several times slower:"
        " the model is a MistralForCausalLM"
    ]
    assert rows.ids.shape[1] == rows.prompt_length + 6


@pytest.fixture
def trainer(tiny_run: RunConfig, tmp_path: Path) -> SelectiveGRPOTrainer:
    task = build_task(tiny_run)
    model, tokenizer = load_model(task.model_path)
    reward = SuiteReward(task.training_suite, task.monitored, tiny_run.num_generations)
    return build_trainer(tiny_run, 4, task, model, tokenizer, reward, tmp_path)


def test_the_trainer_returns_completions_and_log_probabilities_as_trl_expects(
    trainer: SelectiveGRPOTrainer,
) -> None:
    prompts = [[7, 8, 9], [7, 8, 9], [30], [30]]
    completions, log_probabilities = trainer._generate_single_turn(prompts, None, {}, 2)
    (end,) = trainer.eos_token_ids
    for prompt, completion, found in zip(prompts, completions, log_probabilities, strict=True):
        assert completion[-1] == end or len(completion) == 24
        ids = torch.tensor([prompt + completion])
        exact, *_ = trainer._get_per_token_logps_and_entropies(
            trainer.model, ids, torch.ones_like(ids), len(completion)
        )
        assert torch.allclose(torch.tensor([found]), exact, atol=1e-4)


def test_unsupported_sampling_settings_fall_back_to_trl(
    trainer: SelectiveGRPOTrainer, caplog: pytest.LogCaptureFixture
) -> None:
    trainer.generation_config.temperature = 0.5
    assert sampling_parameters(trainer) == SamplingParameters(24, tuple(trainer.eos_token_ids), 0.5, 0.9, 0)
    trainer.generation_config.min_p = 0.1
    _warn.cache_clear()
    with caplog.at_level(logging.WARNING):
        completions, log_probabilities = trainer._generate_single_turn([[7, 8, 9]] * 2, None, {}, 2)
    assert len(completions) == 2
    assert log_probabilities is None
    assert [record.message for record in caplog.records if "generate" in record.message] == [
        "sampling with transformers' generate, which is several times slower:"
        " the generation settings have min_p"
    ]
