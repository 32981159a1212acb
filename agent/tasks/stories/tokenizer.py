"""A WordPiece tokenizer for lower-case text, like that of the SimpleStories models."""

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, EOS = "[PAD]", "[UNK]", "[EOS]"


def train_tokenizer(stories: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer trained on stories. It adds no special tokens.

    Args:
        stories: Plain texts.
        vocab_size: Maximum number of tokens, the three special ones included.
    """
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=True)
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size, special_tokens=[PAD, UNKNOWN, EOS], show_progress=False
    )
    tokenizer.train_from_iterator(stories, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        eos_token=EOS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
