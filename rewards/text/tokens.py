"""Splits text into words and punctuation marks, or into the tokens of a model."""

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_WORD_OR_MARK = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


class TokenizerNotFoundError(ValueError):
    """There is no tokenizer file at the given path."""


@lru_cache(maxsize=4)
def _tokenizer(path: str) -> "Tokenizer":
    from tokenizers import Tokenizer

    file = Path(path)
    file = file / "tokenizer.json" if file.is_dir() else file
    if not file.is_file():
        raise TokenizerNotFoundError(
            f"no tokenizer at {file}: give a tokenizer.json or the folder of a model"
        )
    return Tokenizer.from_file(str(file))


def tokens_of(text: str, tokenizer: str | None = None) -> list[str]:
    """The tokens of `text`, in order, each as the part of `text` that it covers.

    Args:
        text: Any text.
        tokenizer: Path of a `tokenizer.json` or of a model's folder; None for words and punctuation marks.

    Raises:
        TokenizerNotFoundError: If there is no tokenizer file at the path.
    """
    if tokenizer is None:
        return _WORD_OR_MARK.findall(text)
    encoding = _tokenizer(tokenizer).encode(text, add_special_tokens=False)
    return [text[start:end] for start, end in encoding.offsets]
