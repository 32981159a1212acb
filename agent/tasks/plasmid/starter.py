"""The starter of the plasmid task: a small language model of real plasmids and their recombinants."""

import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from agent.tasks.plasmid.corpus import augmented, load_corpus
from agent.tasks.plasmid.recombinants import Recombinants, recombinants_of
from agent.tasks.plasmid.tokenizer import module_tokenizer
from agent.tasks.starter import Starter, StarterConfig

RECOMBINED = 0.8
"""Share of training rows that are recombinants; the others are plasmids as they are."""

CONTINUED = 0.1
"""Share of training rows whose first bases are the molecule's own, as in the prompts of training. In the
others they come from elsewhere, as in held-out prompts, which occur in no training plasmid."""

PROMPT_BASES = (3, 60)
"""Range of the number of bases that are tokenised apart."""


@dataclass(frozen=True, kw_only=True)
class PlasmidStarterConfig(StarterConfig):
    """Default shape and training: about 1 M parameters."""

    recipe: int = 2
    layers: int = 3
    feed_forward: int = 384
    steps: int = 450
    batch_size: int = 16
    row_tokens: int = 192


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
        tokenizer=lambda: module_tokenizer(recombinants_of(corpus.train).plasmids, config.vocab_size),
        row=partial(_row, corpus.train, config.row_tokens),
        record={"train_plasmids": len(corpus.train)},
    )


def starter_path(config: StarterConfig | None = None) -> Path:
    """Folder of the starter, which is built first if the cache does not have it; see `Starter.path`."""
    return starter(config).path()


def _row(
    plasmids: tuple[str, ...], row_tokens: int, tokenizer: PreTrainedTokenizerFast, rng: random.Random
) -> list[int]:
    """One training row: `<bos> molecule <eos>`, cut to `row_tokens`."""
    prompt, rest = _prompt_and_rest(plasmids, recombinants_of(plasmids), rng)
    # The prompt is tokenised apart, as it will be in training: else `ATG` would never be a token of its own.
    ids = [
        tokenizer.bos_token_id,
        *tokenizer.encode(prompt, add_special_tokens=False),
        *tokenizer.encode(rest, add_special_tokens=False),
        tokenizer.eos_token_id,
    ]
    return ids[:row_tokens]


def _prompt_and_rest(
    plasmids: tuple[str, ...], recombinants: Recombinants, rng: random.Random
) -> tuple[str, str]:
    bases = rng.randint(*PROMPT_BASES)
    draw = recombinants.recombinant if rng.random() < RECOMBINED else recombinants.plasmid
    if rng.random() < CONTINUED:
        molecule = augmented([draw(rng)], rng)
        return molecule[:bases], molecule[bases:]
    return augmented(plasmids, rng)[:bases], draw(rng)
