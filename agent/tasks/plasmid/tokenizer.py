"""A byte-pair tokenizer over DNA letters, trained on the corpus."""

import random
from collections.abc import Sequence

from tokenizers import Tokenizer, decoders, models, processors, trainers
from transformers import PreTrainedTokenizerFast

from agent.tasks.plasmid.corpus import augmented

PAD, BOS, EOS = "<pad>", "<bos>", "<eos>"
_CHUNK = 512
_LONGEST_TOKEN = 100
"""Bases; the kits share backbones, so long merges pay: a plasmid is about 190 tokens, not 270."""


def train_tokenizer(sequences: Sequence[str], vocab_size: int, seed: int) -> PreTrainedTokenizerFast:
    """Train byte-pair merges on both strands of `sequences`.

    A text is encoded as `<bos> tokens`; end-of-sequence is never appended, since a prompt that ends in it
    would ask the model to write after the end.

    Args:
        sequences: DNA, A, C, G, T only.
        vocab_size: Number of tokens, the three special ones included.
        seed: Seed of the augmentation.
    """
    rng = random.Random(seed)
    # Merges are counted inside chunks: a whole plasmid as one word would only cost time.
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
