"""A tokenizer over DNA whose tokens are the pieces of plasmid modules, and short words for anything else."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

from tokenizers import Tokenizer, decoders, models, processors
from transformers import PreTrainedTokenizerFast

from agent.tasks.plasmid.modules import Module
from rewards.plasmid.engine.bases import reverse_complement_text

PAD, BOS, EOS, UNKNOWN = "<pad>", "<bos>", "<eos>", "<unknown>"
LONGEST_WORD = 5
"""Maximum bases of the words that every vocabulary has, from which any DNA can be written."""


def module_tokenizer(plasmids: Iterable[Sequence[Module]], vocab_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer that writes DNA with as few tokens as possible.

    Tokens are all words of up to `LONGEST_WORD` bases (fewer if they would fill half of the vocabulary), and
    the pieces of the modules on both strands, those first that cover the most bases of the plasmids. A
    recombinant has about 60 tokens; with byte pairs, which do not know where a gene ends, it has 330.

    It encodes a text as `<bos>` and its tokens. It never adds `<eos>`: a prompt that ends in it would ask the
    model to write after the end.

    Args:
        plasmids: The modules of each plasmid.
        vocab_size: Maximum number of tokens, the four special ones included.
    """
    vocabulary = [PAD, BOS, EOS, UNKNOWN, "N", *_words(vocab_size)]
    known = set(vocabulary)
    for piece in _pieces(plasmids):
        tokens = sorted({piece, reverse_complement_text(piece)} - known)
        if len(vocabulary) + len(tokens) > vocab_size:
            break
        vocabulary += tokens
        known.update(tokens)
    # Equal scores make the most likely segmentation the one with the fewest tokens.
    tokenizer = Tokenizer(models.Unigram([(token, -1.0) for token in vocabulary], vocabulary.index(UNKNOWN)))
    tokenizer.add_special_tokens([PAD, BOS, EOS, UNKNOWN])
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        unk_token=UNKNOWN,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def _words(vocab_size: int) -> list[str]:
    words = ["".join(letters) for letters in product("ACGT", repeat=1)]
    for length in range(2, LONGEST_WORD + 1):
        longer = ["".join(letters) for letters in product("ACGT", repeat=length)]
        if len(words) + len(longer) > vocab_size // 2:
            break
        words += longer
    return words


def _pieces(plasmids: Iterable[Sequence[Module]]) -> list[str]:
    """The pieces, each on one of its strands, by the number of bases that they cover, the most first."""
    counts: Counter[str] = Counter()
    for modules in plasmids:
        counts.update(
            {
                min(piece, reverse_complement_text(piece))
                for module in modules
                for piece in module.pieces
                if len(piece) > LONGEST_WORD
            }
        )
    return sorted(counts, key=lambda piece: (-counts[piece] * len(piece), piece))
