"""Prompts of the stories task: the first tokens of stories."""

from collections.abc import Iterable, Iterator
from itertools import islice

from transformers import PreTrainedTokenizerBase

from agent.tasks.base import Prompts

PROMPT_TOKENS = 8
"""Number of tokens of a prompt, as published."""
_ENOUGH = 40 * PROMPT_TOKENS
"""Number of characters that always contain at least that many tokens."""
_BATCH = 256


def story_prompts(
    tokenizer: PreTrainedTokenizerBase,
    train_stories: Iterable[str],
    held_out_stories: Iterable[str],
    train: int,
    held_out: int,
) -> Prompts:
    """Different prompts, which are the first eight tokens of stories.

    They do not depend on the seed of the run, so that objectives of runs can be compared.

    Args:
        tokenizer: The tokenizer of the model.
        train_stories: Stories for the training prompts.
        held_out_stories: Stories for the held-out prompts.
        train: Number of training prompts.
        held_out: Number of held-out prompts.

    Raises:
        ValueError: If the stories give too few different prompts.
    """
    held_out_prompts = _first(_openings(tokenizer, held_out_stories), held_out, frozenset())
    train_prompts = _first(_openings(tokenizer, train_stories), train, frozenset(held_out_prompts))
    return Prompts(train_prompts, held_out_prompts)


def _openings(tokenizer: PreTrainedTokenizerBase, stories: Iterable[str]) -> Iterator[str]:
    rest = iter(stories)
    while batch := [story[:_ENOUGH] for story in islice(rest, _BATCH)]:
        encoded = tokenizer(batch, add_special_tokens=False)["input_ids"]
        yield from tokenizer.batch_decode(
            [ids[:PROMPT_TOKENS] for ids in encoded if len(ids) >= PROMPT_TOKENS]
        )


def _first(prompts: Iterator[str], count: int, excluded: frozenset[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for prompt in prompts:
        if prompt not in excluded:
            found[prompt] = None
        if len(found) == count:
            return tuple(found)
    raise ValueError(f"the stories give only {len(found)} different prompts, not {count}")
