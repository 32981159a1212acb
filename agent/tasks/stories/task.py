"""The stories task: a starter model and prompts from short stories, and published rewards."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import OVERLAYS, TaskDefinition
from agent.tasks.base import Task
from rewards.base import Sample
from rewards.text.suite import MONITORED, StoriesRewardConfig, stories_suite

if TYPE_CHECKING:
    from agent.tasks.starter import Starter

# Sentences of ten tokens with the word "happy": each of the published rewards is high.
_GOOD = (
    "the happy dog ran home with the big red ball.",
    "tom was very happy to see the old brown bear. he gave a small cake to the happy little cat.",
    "at the end of the day they were all happy.",
)
_BAD = ("", "the", "the cat sat", ". . . .", "the cat sat. the dog ran.")


def _build(config: RunConfig) -> Task:
    """The task of a run. The starter is trained first if the run needs it and the cache does not have it.

    The objective is the run's own reward on held-out prompts: the sweep shows how far each reward can be
    raised, and what happens to the text. Objectives of runs with different rewards cannot be compared.
    """
    from transformers import AutoTokenizer

    from agent.tasks.stories.hub import hub_stories, tokenizer_file
    from agent.tasks.stories.prompts import story_prompts

    assert isinstance(config.reward, StoriesRewardConfig)
    model = str(_starter().path()) if config.model == "starter" else config.model
    tokenizer = str(tokenizer_file(model))
    suite = stories_suite(config.reward, tokenizer)
    is_local = config.model == "starter" or Path(config.model).exists()
    train, held_out = (
        (_drawn(held_out=False), _drawn(held_out=True))
        if is_local
        else (hub_stories("train"), hub_stories("test"))
    )
    try:
        prompts = story_prompts(
            AutoTokenizer.from_pretrained(model), train, held_out, config.train_prompts, config.eval_prompts
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return Task(
        name="stories",
        model_path=model,
        prompts=prompts,
        training_suite=suite,
        reference_suite=suite,
        monitored=MONITORED,
        known_good=tuple(Sample("", text) for text in _GOOD),
        known_bad=tuple(Sample("", text) for text in _BAD),
    )


def _drawn(*, held_out: bool) -> Iterator[str]:
    """An endless iterator of stories from our grammar."""
    from agent.tasks.stories.grammar import stories

    return (story for seed in count(1_000) for story in stories(100, seed, held_out=held_out))


def _starter() -> "Starter":
    from agent.tasks.stories.starter import starter

    return starter()


TASK = TaskDefinition(
    reward=StoriesRewardConfig,
    monitored=MONITORED,
    build=_build,
    starter=_starter,
    small_budget=OVERLAYS / "stories_cpu.yaml",
)
