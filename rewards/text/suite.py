"""The suite of the stories task: published rewards, with their flaws."""

from typing import Literal

from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.text.components.contains_word import ContainsWord
from rewards.text.components.sentence_length import SentenceLength

MONITORED = ("contains_word", "sentence_length")
"""The components that every run of the stories task logs."""

RewardName = Literal["happy_binary", "sentence_length_10", "sentence_length_10_smooth"]


class StoriesRewardConfig(RewardConfig):
    """What a story is rewarded for, with the names and definitions of small-rl.

    Their flaws are kept because the sweep shows what they do to a model. The defaults of `ContainsWord` and
    `SentenceLength` do not have these flaws; a suite file can use them.
    """

    reward_name: RewardName = "happy_binary"
    """The published reward. `happy_binary`: 1 if the completion contains "happy" in upper or lower case, else
    0. "unhappy" counts, and fifty occurrences score as high as one. `sentence_length_10`: the share of
    finished sentences that have exactly ten tokens, without the mark at the end; 0 without a finished
    sentence. One such sentence is enough, copies count in full, unfinished text costs nothing, and nine
    tokens score as low as two. `sentence_length_10_smooth`: the mean over the finished sentences of
    max(0, 1 - 0.2 |10 - tokens|). It has the same flaws except the last."""


def stories_suite(config: StoriesRewardConfig, tokenizer: str) -> RewardSuite:
    """The suite of a configuration. The component that it does not use has weight 0 and is reported.

    Args:
        config: The published reward to use.
        tokenizer: Path of the model's `tokenizer.json` or folder. Sentences are measured in its tokens.
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
