"""The plasmid task: a starter model and prompts from real plasmids, and rewards for plasmids."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.config.run import RunConfig
from agent.config.tasks import OVERLAYS, OwnCorpus, TaskDefinition
from agent.tasks.base import Task
from rewards.base import Sample
from rewards.plasmid.quality.control import PlasmidQuality
from rewards.plasmid.suite import MONITORED, PlasmidRewardConfig, plasmid_suite, reference_suite

if TYPE_CHECKING:
    from agent.tasks.starter import Starter

_GOOD = 8
"""Number of real plasmids that the reward is checked on."""


def _build(config: RunConfig) -> Task:
    """The task of a run. The starter is trained first if the run needs it and the cache does not have it."""
    from agent.tasks.plasmid.corpus import load_corpus
    from agent.tasks.plasmid.prompts import plasmid_prompts

    assert isinstance(config.reward, PlasmidRewardConfig)
    corpus = load_corpus(config.corpus)
    rng = random.Random(0)
    return Task(
        name="plasmid",
        model_path=str(_starter(config.corpus).path()) if config.model == "starter" else config.model,
        prompts=plasmid_prompts(corpus, config.train_prompts, config.eval_prompts),
        training_suite=plasmid_suite(config.reward),
        reference_suite=reference_suite(),
        monitored=MONITORED,
        known_good=_samples(corpus.held_out[:_GOOD]),
        # Empty, one base, one repeated unit, random bases.
        known_bad=_samples(("", "A" * 3_000, "ATGC" * 750, "".join(rng.choices("ACGT", k=3_000)))),
        quality=PlasmidQuality(corpus.train),
    )


def _samples(plasmids: Sequence[str]) -> tuple[Sample, ...]:
    """Whole plasmids as completions of an empty prompt."""
    return tuple(Sample("", plasmid) for plasmid in plasmids)


def _starter(corpus: str | None = None) -> "Starter":
    from agent.tasks.plasmid.starter import starter

    return starter(corpus_path=corpus)


def _description(config: RunConfig) -> str:
    from agent.tasks.plasmid.corpus import load_corpus
    from agent.tasks.plasmid.prompts import plasmid_prompts

    corpus = load_corpus(config.corpus)
    plasmid_prompts(corpus, config.train_prompts, config.eval_prompts)  # raises if there are too few
    return corpus.description


TASK = TaskDefinition(
    reward=PlasmidRewardConfig,
    monitored=MONITORED,
    build=_build,
    starter=_starter,
    quality=PlasmidQuality,
    small_budget=OVERLAYS / "cpu.yaml",
    own_corpus=OwnCorpus(_description, _starter),
)
