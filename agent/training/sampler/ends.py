"""The tokens that end a completion: one answer for training, the objective and designs."""

from typing import Any

from transformers import PreTrainedTokenizerBase


def end_ids(model: Any, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Ids of the tokens each of which ends a completion, as TRL's trainer reads them; at least one.

    They are the tokenizer's end-of-sequence token and those of the model's generation config, which often has
    a token that ends a turn of a chat besides.
    """
    stated = model.generation_config.eos_token_id
    ends = [] if stated is None else [stated] if isinstance(stated, int) else list(stated)
    own = tokenizer.eos_token_id
    return tuple(ends if own in ends or own is None else [own, *ends])
