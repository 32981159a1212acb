"""Starter models: small Llama-style language models, trained on first use and cached."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from filelock import FileLock
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.nn.utils.rnn import pad_sequence
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from rewards.files.atomic_write import replacing
from rewards.files.cache_dir import cache_dir

_STEPS_PER_LINE = 50
"""Steps between two lines of progress where there is no terminal."""


@dataclass(frozen=True, kw_only=True)
class StarterConfig:
    """Shape and training of a starter. The cache key depends on it and on the training data.

    Attributes:
        recipe: Version of the training code; increase it when that code changes.
        kv_heads: Number of key and value heads; `None` for as many as `heads`.
        steps: Number of optimiser steps; few, so that fine-tuning has something left to learn.
        row_tokens: Number of tokens per training row.
        context: Maximum length of a sequence in tokens.
    """

    recipe: int = 1
    vocab_size: int = 4096
    width: int = 128
    layers: int
    heads: int = 4
    kv_heads: int | None = None
    feed_forward: int
    context: int = 512
    steps: int
    batch_size: int
    row_tokens: int
    learning_rate: float = 3e-3
    seed: int = 20


@dataclass(frozen=True)
class Starter:
    """The starter of a task.

    Attributes:
        task: Name of the task.
        config: Shape and training.
        content: Hash of the training data.
        tokenizer: Trains the tokenizer and returns it.
        row: Returns one random training row of at most `config.row_tokens` token ids.
        record: Additional entries of `starter.json` in its folder.
    """

    task: str
    config: StarterConfig
    content: str
    tokenizer: Callable[[], PreTrainedTokenizerFast]
    row: Callable[[PreTrainedTokenizerFast, random.Random], list[int]]
    record: dict[str, object] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Folder of the starter in the cache, whether or not it is built."""
        key = json.dumps([asdict(self.config), self.content, torch.__version__], sort_keys=True)
        return cache_dir() / f"starter-{self.task}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"

    @property
    def is_built(self) -> bool:
        """Whether the cache has the starter."""
        return (self.folder / "config.json").exists()

    def path(self) -> Path:
        """Folder of the starter, which is built first if the cache does not have it.

        Several processes may call this at once: one builds, the others wait. The folder appears complete or
        not at all. Progress is printed on standard error.
        """
        with FileLock(f"{self.folder}.lock"):
            if not self.is_built:
                self._build()
        return self.folder

    def _build(self) -> None:
        tokenizer = self.tokenizer()
        model, losses = self._train(tokenizer)
        with replacing(self.folder) as building:
            model.save_pretrained(building, safe_serialization=True)
            tokenizer.save_pretrained(building)
            record = {"config": asdict(self.config), **self.record, "losses": losses}
            (building / "starter.json").write_text(json.dumps(record, indent=1))

    def _train(self, tokenizer: PreTrainedTokenizerFast) -> tuple[LlamaForCausalLM, list[float]]:
        config = self.config
        rng = random.Random(config.seed)
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(config.seed)
            model = LlamaForCausalLM(self._shape(tokenizer))
            optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=0.01)
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, config.learning_rate, total_steps=config.steps, pct_start=0.1
            )
            losses: list[float] = []
            description = f"training the {self.task} starter"
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=Console(stderr=True)) as progress:
                bar = progress.add_task(description, total=config.steps)
                for _ in range(config.steps):
                    rows = [torch.tensor(self.row(tokenizer, rng)) for _ in range(config.batch_size)]
                    ids = pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id)
                    labels = pad_sequence(rows, batch_first=True, padding_value=-100)
                    mask = (labels != -100).long()
                    loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()
                    schedule.step()
                    optimizer.zero_grad(set_to_none=True)
                    losses.append(round(loss.item(), 4))
                    progress.update(bar, advance=1, description=f"{description}, loss {losses[-1]:.2f}")
                    if not progress.console.is_terminal and len(losses) % _STEPS_PER_LINE == 0:
                        # Without a terminal the bar appears only when it is complete.
                        progress.console.print(
                            f"{description}: step {len(losses)} of {config.steps}, loss {losses[-1]:.2f}"
                        )
        return model.eval(), losses

    def _shape(self, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
        config = self.config
        return LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.width,
            intermediate_size=config.feed_forward,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.kv_heads or config.heads,
            max_position_embeddings=config.context,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
