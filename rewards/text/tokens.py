"""Cutting text into tokens: by the words of a language, or by a model's own tokenizer."""

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_WORD_OR_MARK = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


class TokenizerNotFoundError(ValueError):
    """No tokenizer file at the given place."""


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
    """The text as a list of tokens, each as the text that it stands for.

    Args:
        text: Any text.
        tokenizer: A `tokenizer.json` or a model's folder; None for words and punctuation marks.
    """
    if tokenizer is None:
        return _WORD_OR_MARK.findall(text)
    encoding = _tokenizer(tokenizer).encode(text, add_special_tokens=False)
    return [text[start:end] for start, end in encoding.offsets]
