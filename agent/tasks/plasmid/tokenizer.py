"""A byte-pair tokenizer over DNA letters, trained on the corpus."""

import random
from collections.abc import Sequence

from tokenizers import Tokenizer, decoders, models, processors, trainers
from transformers import PreTrainedTokenizerFast

from agent.tasks.plasmid.corpus import augmented

PAD, BOS, EOS = "<pad>", "<bos>", "<eos>"
_CHUNK = 512
_LONGEST_TOKEN = 100
"""Maximum bases per token. Kits share backbones, so long tokens help: a plasmid has about 190, not 270."""


def train_tokenizer(sequences: Sequence[str], vocab_size: int, seed: int) -> PreTrainedTokenizerFast:
    """A byte-pair tokenizer trained on both strands of `sequences`.

    It encodes a text as `<bos>` and its tokens. It never adds `<eos>`: a prompt that ends in it would ask the
    model to write after the end.

    Args:
        sequences: DNA of A, C, G and T only.
        vocab_size: Number of tokens, the three special ones included.
        seed: Seed of the augmentation.
    """
    rng = random.Random(seed)
    # Merges are counted within chunks: a whole plasmid as one word would only take more time.
    texts = [augmented(sequences, rng) for _ in range(2 * len(sequences))]
    chunks = [text[i : i + _CHUNK] for text in texts for i in range(0, len(text), _CHUNK)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.decoder = decoders.Fuse()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=["A", "C", "G", "T", "N"],
        show_progress=False,
        max_token_length=_LONGEST_TOKEN,
    )
    tokenizer.train_from_iterator(chunks, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
