"""The tokens that end a completion, for training, the objective and designs alike."""

from transformers import PreTrainedModel, PreTrainedTokenizerBase

CHAT_ENDS = ("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>", "<|end_of_text|>")
"""Special tokens that end a turn or a text in the published chat formats."""


def end_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """The ids of all tokens that end a completion: at least one, each once, the tokenizer's own first.

    They are the tokenizer's end-of-sequence token, those of the model's generation settings, and each special
    token of the tokenizer that ends a turn of a chat.

    Args:
        model: With or without adapters.
        tokenizer: The tokenizer of the model.
    """
    stated = model.generation_config.eos_token_id  # type: ignore[union-attr]
    listed = stated if isinstance(stated, list) else [stated]
    special = tokenizer.added_tokens_encoder
    found = [tokenizer.eos_token_id, *listed, *(special.get(name) for name in CHAT_ENDS)]
    return tuple(dict.fromkeys(int(token) for token in found if token is not None))
