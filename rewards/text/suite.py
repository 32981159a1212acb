"""The rewards of the stories task, as they were published, flaws included."""

from typing import Literal

from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.text.components.contains_word import ContainsWord
from rewards.text.components.sentence_length import SentenceLength

RewardName = Literal["happy_binary", "sentence_length_10", "sentence_length_10_smooth"]


class StoriesRewardConfig(RewardConfig):
    """What a story is rewarded for, by the names and definitions of small-rl.

    Their flaws are kept, because the sweep is about what they do to a model; `ContainsWord` and
    `SentenceLength` without the arguments below have none of them, and a suite file takes those.

    Attributes:
        reward_name: `happy_binary`: 1 where the lower-cased completion has "happy" in it, else 0. Flaws:
            "unhappy" counts, and so does the word fifty times over; at 1 there is nothing left to learn.
            `sentence_length_10`: share of the finished sentences that have exactly ten tokens, the mark
            at the end not counted; 0 without a finished sentence. Flaws: one such sentence suffices, copies
            count in full, and what is left unfinished is free. Nine tokens are worth as little as two.
            `sentence_length_10_smooth`: mean over them of max(0, 1 - 0.2 |10 - tokens|). Flaws: as before
            but for the last.
    """

    reward_name: RewardName = "happy_binary"


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
