"""GRPO on models so small that a step takes a few milliseconds: TRL's trainer, and ours beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from agent.training.step.grpo import SelectiveGRPOTrainer

VOCABULARY = 37


def tiny_model(kind: str) -> PreTrainedModel:
    """A tiny model of the transformers type `kind`, with random weights from a fixed seed."""
    names = {
        "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64},
        "gpt_neo": {
            "hidden_size": 16,
            "num_layers": 2,
            "num_heads": 2,
            "attention_types": [[["global", "local"], 1]],
            "max_position_embeddings": 64,
        },
    }
    common = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 64,
        "tie_word_embeddings": kind != "mistral",
    }
    config = AutoConfig.for_model(
        kind, vocab_size=VOCABULARY, pad_token_id=0, eos_token_id=1, **names.get(kind, common)
    )
    torch.manual_seed(3)
    return AutoModelForCausalLM.from_config(config)


def words() -> PreTrainedTokenizerFast:
    """A tokenizer of the words `w0` to `w36`, separated by spaces. `w0` pads, `w1` ends."""
    tokens = Tokenizer(WordLevel({f"w{i}": i for i in range(VOCABULARY)}, unk_token="w2"))
    tokens.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token="w0", eos_token="w1", padding_side="left"
    )


def trainer_of(
    kind: type[GRPOTrainer],
    model: PreTrainedModel,
    folder: Path,
    reward: Callable[..., list[float]] = lambda completions, **_: [0.0] * len(completions),
    **settings: Any,
) -> GRPOTrainer:
    """A trainer of class `kind` on a copy of `model`.

    Args:
        kind: The class, TRL's own or ours.
        model: The model. It is saved in `folder`, from which the trainer loads its reference.
        folder: The folder for the model and the trainer.
        reward: A reward function in TRL's form.
        **settings: Fields of `GRPOConfig`, or `peft_config`.
    """
    path = folder / "model"
    model.save_pretrained(path)
    own = {"reward_scale": 1.0, "reward_threshold": None, "best_of_n": None}
    return kind(
        model=AutoModelForCausalLM.from_pretrained(path),
        processing_class=words(),
        reward_funcs=reward,
        peft_config=settings.pop("peft_config", None),
        args=GRPOConfig(
            output_dir=str(folder),
            use_cpu=True,
            bf16=False,
            activation_checkpointing=False,
            disable_dropout=True,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            **settings,
        ),
        train_dataset=Dataset.from_dict({"prompt": ["w3 w4", "w5", "w6 w7 w8", "w9"]}),
        **(own if kind is SelectiveGRPOTrainer else {}),
    )
