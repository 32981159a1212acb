"""Prompts of the plasmid task: openings of plasmids and short seeds."""

import hashlib
import random

from agent.tasks.base import Prompts
from agent.tasks.plasmid.corpus import Corpus, reverse_complement, rotate

TRAIN_SEEDS = ("GTG", "TTGACA", "GGATCC", "CAGCTG", "AATT", "GCC", "TAA", "CCGG")
"""Short openings that no held-out prompt equals: start codons, promoter boxes, cutting sites."""
HELD_OUT_SEEDS = ("ATG", "TATAAT", "GAATTC", "CTCGAG", "GATC", "CGT", "TGA", "GGCC")
SHORTEST, LONGEST = 12, 60
"""Bases of an opening."""
_SEED = 7


def plasmid_prompts(corpus: Corpus, train: int, held_out: int) -> Prompts:
    """Draw prompts: an eighth short seeds, the rest openings of plasmids of the same side of the corpus.

    An opening starts at a base and on a strand of its own: plasmids of one kit share their first bases. The
    choice is fixed, whatever the seed of the run, so that objectives of different runs compare.

    Args:
        corpus: The split corpus.
        train: Number of training prompts.
        held_out: Number of held-out prompts.
    """
    held = _draw(corpus.held_out, HELD_OUT_SEEDS, held_out, taken=frozenset())
    return Prompts(train=_draw(corpus.train, TRAIN_SEEDS, train, taken=frozenset(held)), held_out=held)


def _draw(
    plasmids: tuple[str, ...], seeds: tuple[str, ...], count: int, taken: frozenset[str]
) -> tuple[str, ...]:
    rng = random.Random(hashlib.sha256(f"{_SEED}{seeds}".encode()).digest())
    prompts = list(seeds[: max(1, count // 8)][:count])
    while len(prompts) < count:
        plasmid = rng.choice(plasmids)
        plasmid = rotate(plasmid, rng.randrange(len(plasmid)))
        if rng.random() < 0.5:
            plasmid = reverse_complement(plasmid)
        prompt = plasmid[: rng.randint(SHORTEST, LONGEST)]
        if prompt not in taken and prompt not in prompts:
            prompts.append(prompt)
    return tuple(prompts)
