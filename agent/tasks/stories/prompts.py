"""Prompts of the stories task: the first tokens of stories."""

from collections.abc import Iterable, Iterator
from itertools import islice

from transformers import PreTrainedTokenizerBase

from agent.tasks.base import Prompts

PROMPT_TOKENS = 8
"""As published."""
_ENOUGH = 40 * PROMPT_TOKENS
"""Characters of a story that surely hold them."""
_BATCH = 256


def story_prompts(
    tokenizer: PreTrainedTokenizerBase,
    train_stories: Iterable[str],
    held_out_stories: Iterable[str],
    train: int,
    held_out: int,
) -> Prompts:
    """Take the first eight tokens of stories, each prompt once.

    The choice is that of the stories, whatever the seed of the run, so that objectives of runs compare.

    Args:
        tokenizer: The tokenizer of the model.
        train_stories: At least as many as make `train` different prompts.
        held_out_stories: likewise.
        train: Number of training prompts.
        held_out: Number of held-out prompts.

    Raises:
        ValueError: If the stories end before there are enough prompts.
    """
    held = _first(_openings(tokenizer, held_out_stories), held_out, frozenset())
    return Prompts(_first(_openings(tokenizer, train_stories), train, frozenset(held)), held)


def _openings(tokenizer: PreTrainedTokenizerBase, stories: Iterable[str]) -> Iterator[str]:
    rest = iter(stories)
    while batch := [story[:_ENOUGH] for story in islice(rest, _BATCH)]:
        encoded = tokenizer(batch, add_special_tokens=False)["input_ids"]
        yield from tokenizer.batch_decode(
            [ids[:PROMPT_TOKENS] for ids in encoded if len(ids) >= PROMPT_TOKENS]
        )


def _first(prompts: Iterator[str], count: int, taken: frozenset[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for prompt in prompts:
        if prompt not in taken:
            found[prompt] = None
        if len(found) == count:
            return tuple(found)
    raise ValueError(f"the stories give {len(found)} different prompts, not {count}")
