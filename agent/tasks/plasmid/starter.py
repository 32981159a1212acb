"""The starter model: a small Llama-style plasmid language model, trained on first use and cached."""

import hashlib
import json
import os
import random
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from filelock import FileLock
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from agent.tasks.plasmid.corpus import Corpus, augmented, load_corpus
from agent.tasks.plasmid.tokenizer import train_tokenizer
from rewards.cache_dir import cache_dir


@dataclass(frozen=True)
class StarterConfig:
    """Shape and training of the starter. Part of the cache key, as is the corpus itself.

    Attributes:
        steps: optimiser steps; few on purpose, so that fine-tuning has something left to learn.
        context: tokens per training row and positions of the model.
    """

    recipe: int = 1
    vocab_size: int = 4096
    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 384
    context: int = 512
    steps: int = 200
    batch_size: int = 16
    row_tokens: int = 224
    learning_rate: float = 3e-3
    seed: int = 20


def starter_path(config: StarterConfig | None = None, *, show_progress: bool = True) -> Path:
    """Return the folder of the starter model, building it when the cache has none.

    Two processes may call this at once: one builds, the other waits. The folder appears whole or not at all.

    Args:
        config: shape and training; the default one when absent.
        show_progress: draw a progress bar while training.
    """
    config = config or StarterConfig()
    path = _place(config)
    with FileLock(f"{path}.lock"):
        if not _whole(path):
            _build(config, load_corpus(), path, show_progress)
    return path


def is_built() -> bool:
    """Whether the default starter is in the cache."""
    return _whole(_place(StarterConfig()))


def _place(config: StarterConfig) -> Path:
    key = json.dumps([asdict(config), load_corpus().content_hash, torch.__version__], sort_keys=True)
    return cache_dir() / f"starter-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _whole(path: Path) -> bool:
    return (path / "config.json").exists()


def _build(config: StarterConfig, corpus: Corpus, path: Path, show_progress: bool) -> None:
    tokenizer = train_tokenizer(corpus.train, config.vocab_size, config.seed)
    model, losses = _train(config, corpus, tokenizer, show_progress)
    building = Path(tempfile.mkdtemp(prefix=f"{path.name}.", dir=path.parent))
    try:
        model.save_pretrained(building, safe_serialization=True)
        tokenizer.save_pretrained(building)
        record = {"config": asdict(config), "train_plasmids": len(corpus.train), "losses": losses}
        (building / "starter.json").write_text(json.dumps(record, indent=1))
        os.replace(building, path)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _train(
    config: StarterConfig, corpus: Corpus, tokenizer: PreTrainedTokenizerFast, show_progress: bool
) -> tuple[LlamaForCausalLM, list[float]]:
    rng = random.Random(config.seed)
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(config.seed)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=config.width,
                intermediate_size=config.feed_forward,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                num_key_value_heads=config.heads,
                max_position_embeddings=config.context,
                tie_word_embeddings=True,
                pad_token_id=tokenizer.pad_token_id,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
        )
        optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, config.learning_rate, total_steps=config.steps, pct_start=0.1
        )
        losses: list[float] = []
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, disable=not show_progress) as progress:
            bar = progress.add_task("training the starter model", total=config.steps)
            for _ in range(config.steps):
                rows = torch.tensor(
                    [_row(corpus, tokenizer, rng, config) for _ in range(config.batch_size)], dtype=torch.long
                )
                labels = rows.masked_fill(rows == tokenizer.pad_token_id, -100)
                mask = (rows != tokenizer.pad_token_id).long()
                loss = model(input_ids=rows, attention_mask=mask, labels=labels).loss
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
                losses.append(round(loss.item(), 4))
                progress.update(
                    bar, advance=1, description=f"training the starter model, loss {losses[-1]:.2f}"
                )
    return model.eval(), losses


def _row(
    corpus: Corpus, tokenizer: PreTrainedTokenizerFast, rng: random.Random, config: StarterConfig
) -> list[int]:
    """One training row: `<bos> plasmid <eos>`, right-padded or cut to `row_tokens`."""
    text = augmented(corpus.train, rng)
    # The opening is tokenised apart, as a prompt will be: else `ATG` as a token of its own is never seen.
    opening = rng.randint(3, 60)
    ids = [
        tokenizer.bos_token_id,
        *tokenizer.encode(text[:opening], add_special_tokens=False),
        *tokenizer.encode(text[opening:], add_special_tokens=False),
        tokenizer.eos_token_id,
    ][: config.row_tokens]
    return ids + [tokenizer.pad_token_id] * (config.row_tokens - len(ids))
