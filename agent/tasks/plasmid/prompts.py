"""Prompts of the plasmid task: the first bases of plasmids, and short seeds."""

import hashlib
import random

from agent.config.errors import ConfigError
from agent.tasks.base import Prompts
from agent.tasks.plasmid.corpus import Corpus, augmented
from agent.tasks.plasmid.occurrence import LONGEST, MIN_BASES

TRAIN_SEEDS = ("GTG", "TTGACA", "GGATCC", "CAGCTG", "AATT", "GCC", "TAA", "CCGG")
"""Short training prompts: start codons, promoter boxes, restriction sites."""
HELD_OUT_SEEDS = ("ATG", "TATAAT", "GAATTC", "CTCGAG", "GATC", "CGT", "TGA", "GGCC")
"""Short held-out prompts. None is a training prompt, but words so short stand in every plasmid: only the
other held-out prompts are absent from the training plasmids."""
_SEED = 7


def plasmid_prompts(corpus: Corpus, train: int, held_out: int) -> Prompts:
    """Prompts of which an eighth are short seeds and the rest the first bases of plasmids of the same side.

    Training plasmids are written from a random base on a random strand, because plasmids of one kit share
    their first bases; held-out ones from where the corpus says, because their prompts must not occur in a
    training plasmid. The prompts do not depend on the seed of the run, so that objectives of runs can be
    compared.

    Args:
        corpus: The split corpus.
        train: Number of training prompts.
        held_out: Number of held-out prompts.

    Raises:
        ConfigError: If the held-out plasmids do not give that many prompts.
    """
    return Prompts(_train(corpus, train), _held_out(corpus, held_out))


def _train(corpus: Corpus, count: int) -> tuple[str, ...]:
    rng = _generator(TRAIN_SEEDS)
    prompts = dict.fromkeys(_seeds(TRAIN_SEEDS, count))
    while len(prompts) < count:
        prompts[augmented(corpus.train, rng)[: rng.randint(MIN_BASES, LONGEST)]] = None
    return tuple(prompts)


def _held_out(corpus: Corpus, count: int) -> tuple[str, ...]:
    """One prompt of each plasmid in random order, then a second one of another length, and so on."""
    rng = _generator(HELD_OUT_SEEDS)
    prompts = dict.fromkeys(_seeds(HELD_OUT_SEEDS, count))
    lengths = {
        plasmid: rng.sample(range(MIN_BASES, LONGEST + 1), LONGEST + 1 - MIN_BASES)
        for plasmid in corpus.held_out
    }
    for turn in range(LONGEST + 1 - MIN_BASES):
        for plasmid in rng.sample(corpus.held_out, len(corpus.held_out)):
            if len(prompts) == count:
                return tuple(prompts)
            prompts[plasmid[: lengths[plasmid][turn]]] = None
    if len(prompts) < count:
        raise ConfigError(
            f"`eval_prompts` = {count}: the {len(corpus.held_out)} held-out plasmids give only {len(prompts)}"
            " different prompts"
        )
    return tuple(prompts)


def _seeds(seeds: tuple[str, ...], count: int) -> tuple[str, ...]:
    return seeds[: max(1, count // 8)][:count]


def _generator(seeds: tuple[str, ...]) -> random.Random:
    return random.Random(hashlib.sha256(f"{_SEED}{seeds}".encode()).digest())
