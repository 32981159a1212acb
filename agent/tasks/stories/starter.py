"""The starter of the stories task: the shape of SimpleStories-1.25M, trained on our own stories."""

import random
from dataclasses import dataclass
from functools import cache, partial

from transformers import PreTrainedTokenizerFast

from agent.tasks.starter import Starter, StarterConfig
from agent.tasks.stories.grammar import content_hash, stories
from agent.tasks.stories.tokenizer import train_tokenizer

CORPUS = 12_000
"""Number of stories that it is trained on."""
_SEED = 11


@dataclass(frozen=True, kw_only=True)
class StoriesStarterConfig(StarterConfig):
    """The published shape, but with a smaller vocabulary, because our grammar has fewer words."""

    layers: int = 4
    kv_heads: int | None = 2
    feed_forward: int = 341
    steps: int = 300
    batch_size: int = 32
    row_tokens: int = 96


def starter(config: StarterConfig | None = None) -> Starter:
    """The starter of the given shape; the published one if `config` is `None`."""
    config = config or StoriesStarterConfig()
    return Starter(
        task="stories",
        config=config,
        content=content_hash(),
        tokenizer=lambda: train_tokenizer(corpus(), config.vocab_size),
        row=partial(_row, config.row_tokens),
        record={"train_stories": CORPUS},
    )


@cache
def corpus() -> tuple[str, ...]:
    """The stories that the starter is trained on; none begins with a held-out line of the grammar."""
    return tuple(stories(CORPUS, _SEED, held_out=False))


def _row(row_tokens: int, tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> list[int]:
    """One training row: random stories, each followed by the end-of-sequence token, cut to `row_tokens`."""
    ids: list[int] = []
    while len(ids) < row_tokens:
        ids += [*tokenizer.encode(rng.choice(corpus()), add_special_tokens=False), tokenizer.eos_token_id]
    return ids[:row_tokens]
