"""The starter of the plasmid task: a small language model of real plasmids."""

import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from agent.tasks.plasmid.corpus import Corpus, augmented, load_corpus
from agent.tasks.plasmid.tokenizer import train_tokenizer
from agent.tasks.starter import Starter, StarterConfig


@dataclass(frozen=True, kw_only=True)
class PlasmidStarterConfig(StarterConfig):
    """Default shape and training: about 1 M parameters."""

    layers: int = 3
    feed_forward: int = 384
    steps: int = 200
    batch_size: int = 16
    row_tokens: int = 224


def starter(config: StarterConfig | None = None, corpus_path: str | None = None) -> Starter:
    """The starter of the given shape; the default one if `config` is `None`.

    Args:
        config: Shape and training.
        corpus_path: File or folder of the user's corpus; `None` for the plasmids of the data packages.
    """
    config, corpus = config or PlasmidStarterConfig(), load_corpus(corpus_path)
    return Starter(
        task="plasmid",
        config=config,
        content=corpus.content_hash,
        tokenizer=partial(train_tokenizer, corpus.train, config.vocab_size, config.seed),
        row=partial(_row, corpus, config.row_tokens),
        record={"train_plasmids": len(corpus.train)},
    )


def starter_path(config: StarterConfig | None = None, *, show_progress: bool = True) -> Path:
    """Folder of the starter, which is built first if the cache does not have it; see `Starter.path`."""
    return starter(config).path(show_progress=show_progress)


def _row(
    corpus: Corpus, row_tokens: int, tokenizer: PreTrainedTokenizerFast, rng: random.Random
) -> list[int]:
    """One training row: `<bos> plasmid <eos>`, cut to `row_tokens`."""
    text = augmented(corpus.train, rng)
    # The first bases are tokenised apart, as a prompt will be: else `ATG` would never be a token of its own.
    prompt_bases = rng.randint(3, 60)
    ids = [
        tokenizer.bos_token_id,
        *tokenizer.encode(text[:prompt_bases], add_special_tokens=False),
        *tokenizer.encode(text[prompt_bases:], add_special_tokens=False),
        tokenizer.eos_token_id,
    ]
    return ids[:row_tokens]
