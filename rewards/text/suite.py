"""The rewards of the stories task, as they were published, flaws included."""

from typing import Literal

from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.text.components.contains_word import ContainsWord
from rewards.text.components.sentence_length import SentenceLength

MONITORED = ("contains_word", "sentence_length")
"""The components that every run of the stories task logs."""

RewardName = Literal["happy_binary", "sentence_length_10", "sentence_length_10_smooth"]


class StoriesRewardConfig(RewardConfig):
    """What a story is rewarded for, by the names and definitions of small-rl.

    Their flaws are kept, because the sweep is about what they do to a model. `ContainsWord` and
    `SentenceLength` with their own defaults have none of these flaws; a suite file can use them.
    """

    reward_name: RewardName = "happy_binary"
    """Which published reward. `happy_binary`: 1 if the lower-cased completion contains "happy", else 0;
    "unhappy" counts, and so does the word fifty times. `sentence_length_10`: share of the finished sentences
    that have exactly ten tokens, the mark at the end not counted, 0 without a finished sentence; one such
    sentence is enough, copies count in full, unfinished text costs nothing, nine tokens are worth as little
    as two. `sentence_length_10_smooth`: mean over the finished sentences of max(0, 1 - 0.2 |10 - tokens|);
    the same flaws but the last."""


def stories_suite(config: StoriesRewardConfig, tokenizer: str) -> RewardSuite:
    """The suite of a configuration; the reward that it does not name is reported only.

    Args:
        config: Which reward.
        tokenizer: The `tokenizer.json` of the model, or its folder: sentences are measured in its tokens.
    """
    happy = config.reward_name == "happy_binary"
    slope = 0.2 if config.reward_name == "sentence_length_10_smooth" else 1.0
    length = SentenceLength(length=10, slope=slope, minimum=0, tokenizer=tokenizer)
    return RewardSuite(
        [
            Weighted(ContainsWord("happy", maximum=None, inside=True), float(happy)),
            Weighted(length, float(not happy)),
        ]
    )
