"""Stories of the published dataset and tokenizers, from the model hub."""

from collections.abc import Iterator
from pathlib import Path

from datasets import load_dataset
from transformers.utils.hub import cached_file

from agent.config.errors import ConfigError
from agent.hub import OWN_DATA, hub_error
from rewards.error_text import first_line

DATASET = "SimpleStories/SimpleStories"
_BUFFER = 10_000
_SEED = 42


def hub_stories(split: str) -> Iterator[str]:
    """Shuffled stories of a split of the published dataset, downloaded while they are read.

    Args:
        split: `train` or `test`.

    Raises:
        ConfigError: If the hub cannot be reached.
    """
    try:
        rows = load_dataset(DATASET, split=split, streaming=True)
        for row in rows.shuffle(seed=_SEED, buffer_size=_BUFFER):
            yield row["story"]
    except (OSError, ValueError) as error:
        raise hub_error(f"the stories of {DATASET}", "no network?", OWN_DATA, error) from error


def tokenizer_file(model: str) -> Path:
    """Path of a model's `tokenizer.json`, in its folder or downloaded from the hub.

    Raises:
        ConfigError: If the model has none.
    """
    try:
        return Path(str(cached_file(model, "tokenizer.json")))
    except OSError as error:
        raise ConfigError(f"`model` = {model!r} has no tokenizer.json: {first_line(error)}") from error
