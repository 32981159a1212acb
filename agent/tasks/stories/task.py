"""The stories task, built from a run's configuration."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from transformers import AutoTokenizer

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import TASKS
from agent.tasks.base import Task, TaskMaker
from agent.tasks.stories.grammar import stories
from agent.tasks.stories.hub import hub_stories, tokenizer_file
from agent.tasks.stories.prompts import story_prompts
from agent.tasks.stories.starter import starter
from rewards.base import Sample
from rewards.text.suite import StoriesRewardConfig, stories_suite

# Ten tokens to a sentence and the word: what each of the published rewards pays for.
_GOOD = (
    "the happy dog ran home with the big red ball.",
    "tom was very happy to see the old brown bear. he gave a small cake to the happy little cat.",
    "at the end of the day they were all happy.",
)
_BAD = ("", "the", "the cat sat", ". . . .", "the cat sat. the dog ran.")


def _build(config: RunConfig) -> Task:
    """Prepare prompts, suites and, for `model: starter`, the starter model.

    The objective is the run's own reward on held-out prompts: the sweep asks how far each goal can be
    reached, and what becomes of the text. Runs of different rewards therefore compare by that alone.
    """
    assert isinstance(config.reward, StoriesRewardConfig)
    model = str(starter().path()) if config.model == "starter" else config.model
    tokenizer = str(tokenizer_file(model))
    suite = stories_suite(config.reward, tokenizer)
    ours = config.model == "starter" or Path(config.model).exists()
    train, held_out = (
        (_drawn(held_out=False), _drawn(held_out=True))
        if ours
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
        monitored=TASKS["stories"].components,
        known_good=tuple(Sample("", text) for text in _GOOD),
        known_bad=tuple(Sample("", text) for text in _BAD),
    )


def _stories(model: str) -> tuple[Iterator[str], Iterator[str]]:
    """Stories for training and held-out prompts: a model of the hub was trained on the published ones."""
    if model == "starter" or Path(model).exists():
        return _drawn(held_out=False), _drawn(held_out=True)
    return hub_stories("train"), hub_stories("test")


def _drawn(*, held_out: bool) -> Iterator[str]:
    """Stories of our grammar without end."""
    return (story for seed in count(1_000) for story in stories(100, seed, held_out=held_out))


STORIES = TaskMaker(build=_build, starter=starter)
