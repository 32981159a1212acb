"""What the model hub has for the stories task: the published dataset, and tokenizers."""

from collections.abc import Iterator
from pathlib import Path

from datasets import load_dataset
from transformers.utils.hub import cached_file

from agent.config.errors import ConfigError

DATASET = "SimpleStories/SimpleStories"
_BUFFER = 10_000
_SEED = 42


def hub_stories(split: str) -> Iterator[str]:
    """Stories of a split of the published dataset, shuffled; read as they are asked for.

    Args:
        split: `train` or `test`.

    Raises:
        ConfigError: the hub cannot be reached.
    """
    try:
        rows = load_dataset(DATASET, split=split, streaming=True)
        for row in rows.shuffle(seed=_SEED, buffer_size=_BUFFER):
            yield row["story"]
    except (OSError, ValueError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"the stories of {DATASET} could not be had from the model hub (no network?);"
            f" use `model: starter`, which brings its own. The hub said: {first_line}"
        ) from error


def tokenizer_file(model: str) -> Path:
    """`tokenizer.json` of a model: in its folder, or fetched from the hub.

    Raises:
        ConfigError: there is none.
    """
    try:
        return Path(str(cached_file(model, "tokenizer.json")))
    except OSError as error:
        first_line = str(error).strip().splitlines()[0]
        raise ConfigError(f"`model` = {model!r} has no tokenizer.json: {first_line}") from error
