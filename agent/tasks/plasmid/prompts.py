"""Prompts of the plasmid task: the first bases of plasmids, and short seeds."""

import hashlib
import random

from agent.tasks.base import Prompts
from agent.tasks.plasmid.corpus import Corpus, reverse_complement, rotate

TRAIN_SEEDS = ("GTG", "TTGACA", "GGATCC", "CAGCTG", "AATT", "GCC", "TAA", "CCGG")
"""Short training prompts: start codons, promoter boxes, restriction sites. No held-out prompt is one of
them."""
HELD_OUT_SEEDS = ("ATG", "TATAAT", "GAATTC", "CTCGAG", "GATC", "CGT", "TGA", "GGCC")
MIN_BASES, MAX_BASES = 12, 60
"""Limits of the length of a prompt from a plasmid."""
_SEED = 7


def plasmid_prompts(corpus: Corpus, train: int, held_out: int) -> Prompts:
    """Prompts of which an eighth are short seeds and the rest the first bases of plasmids of the same side.

    Each plasmid is written from a random base on a random strand, because plasmids of one kit share their
    first bases. The prompts do not depend on the seed of the run, so that objectives of runs can be compared.

    Args:
        corpus: The split corpus.
        train: Number of training prompts.
        held_out: Number of held-out prompts.
    """
    held_out_prompts = _draw(corpus.held_out, HELD_OUT_SEEDS, held_out, excluded=frozenset())
    train_prompts = _draw(corpus.train, TRAIN_SEEDS, train, excluded=frozenset(held_out_prompts))
    return Prompts(train_prompts, held_out_prompts)


def _draw(
    plasmids: tuple[str, ...], seeds: tuple[str, ...], count: int, excluded: frozenset[str]
) -> tuple[str, ...]:
    rng = random.Random(hashlib.sha256(f"{_SEED}{seeds}".encode()).digest())
    prompts = list(seeds[: max(1, count // 8)][:count])
    while len(prompts) < count:
        plasmid = rng.choice(plasmids)
        plasmid = rotate(plasmid, rng.randrange(len(plasmid)))
        if rng.random() < 0.5:
            plasmid = reverse_complement(plasmid)
        prompt = plasmid[: rng.randint(MIN_BASES, MAX_BASES)]
        if prompt not in excluded and prompt not in prompts:
            prompts.append(prompt)
    return tuple(prompts)
