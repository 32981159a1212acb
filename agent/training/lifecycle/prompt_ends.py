"""Tokenizers that end every text: a prompt that ends in end-of-sequence asks to write after the end."""

from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerBase


def leave_prompts_open(tokenizer: PreTrainedTokenizerBase) -> None:
    """Keep a tokenizer from putting end-of-sequence after a text; what it puts before one stays.

    The published SimpleStories tokenizers put it there, for training on whole stories.
    """
    ids, plain = (tokenizer("a", add_special_tokens=special)["input_ids"] for special in (True, False))
    if ids[-1] != tokenizer.eos_token_id or plain[-1] == tokenizer.eos_token_id:
        return
    before = ids[: len(ids) - len(plain) - 1]
    names = tokenizer.convert_ids_to_tokens(before)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=[*names, "$A"], special_tokens=list(dict(zip(names, before, strict=True)).items())
    )
