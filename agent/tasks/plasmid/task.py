"""The plasmid task, built from a run's configuration."""

import random
from collections.abc import Sequence

from agent.config.run import RunConfig
from agent.config.tasks import TASKS
from agent.tasks.base import Task, TaskMaker
from agent.tasks.plasmid.corpus import load_corpus
from agent.tasks.plasmid.prompts import plasmid_prompts
from agent.tasks.plasmid.starter import starter
from rewards.base import Sample
from rewards.plasmid.suite import PlasmidRewardConfig, plasmid_suite, reference_suite

_GOOD = 8
"""Real plasmids that a reward is tried on."""


def _build(config: RunConfig) -> Task:
    """Prepare prompts, suites and, for `model: starter`, the starter model."""
    assert isinstance(config.reward, PlasmidRewardConfig)
    corpus = load_corpus()
    rng = random.Random(0)
    return Task(
        name="plasmid",
        model_path=str(starter().path()) if config.model == "starter" else config.model,
        prompts=plasmid_prompts(corpus, config.train_prompts, config.eval_prompts),
        training_suite=plasmid_suite(config.reward),
        reference_suite=reference_suite(),
        monitored=TASKS["plasmid"].components,
        known_good=_samples(corpus.held_out[:_GOOD]),
        # Nothing, one letter, one unit repeated, random bases.
        known_bad=_samples(("", "A" * 3_000, "ATGC" * 750, "".join(rng.choices("ACGT", k=3_000)))),
    )


def _samples(plasmids: Sequence[str]) -> tuple[Sample, ...]:
    """Whole plasmids as completions of nothing."""
    return tuple(Sample("", plasmid) for plasmid in plasmids)


PLASMID = TaskMaker(build=_build, starter=starter)
