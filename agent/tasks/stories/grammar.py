"""Random short stories from our own grammar."""

import functools
import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import yaml

HELD_OUT_PERCENT = 15
"""Percentage of first sentences that are held out; a story is on the side of its first sentence."""

_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa])(?= [aeiou])")


class Grammar:
    """Expands rules into stories.

    Args:
        cast: Name → values, one of which is drawn per story and used throughout.
        rules: Rule → lines. `{name}` in a line stands for the drawn value of `name`, or for a random line of
            the rule `name`.

    Raises:
        ValueError: If a line names something that is neither in the cast nor a rule.
    """

    def __init__(self, cast: Mapping[str, Sequence[str]], rules: Mapping[str, Sequence[str]]) -> None:
        self._cast, self._rules = cast, rules
        for rule, lines in rules.items():
            for name in {name for line in lines for name in _SLOT.findall(line)}:
                if name not in cast and name not in rules:
                    raise ValueError(f"the rule {rule} names {name}, which does not exist")

    def story(self, rng: random.Random) -> str:
        """A random story: sentences on one line."""
        drawn = {name: rng.choice(values) for name, values in self._cast.items()}

        def expanded(name: str) -> str:
            if name in drawn:
                return drawn[name]
            return _SLOT.sub(lambda slot: expanded(slot[1]), rng.choice(self._rules[name]))

        return _ARTICLE.sub(r"\1n", expanded("story"))


@functools.cache
def grammar() -> Grammar:
    """The grammar of the stories task."""
    content: dict[str, Any] = yaml.safe_load(_text())
    return Grammar(content["cast"], content["rules"])


def grammar_hash() -> str:
    """SHA-256 hex digest of the grammar."""
    return hashlib.sha256(_text().encode()).hexdigest()


def stories(count: int, seed: int, *, held_out: bool) -> list[str]:
    """`count` random stories of one side. No first sentence is on both sides.

    Args:
        count: Number of stories; a story may occur more than once.
        seed: Seed of the draw.
        held_out: Whether to draw held-out stories.
    """
    rng = random.Random(f"{seed} {held_out}")
    drawn: list[str] = []
    while len(drawn) < count:
        story = grammar().story(rng)
        if is_held_out(story) == held_out:
            drawn.append(story)
    return drawn


def is_held_out(story: str) -> bool:
    """Whether a story is held out, which depends only on its first sentence."""
    opening = re.split(r"(?<=[.?!])", story, maxsplit=1)[0]
    return int.from_bytes(hashlib.sha256(opening.encode()).digest()[:4], "big") % 100 < HELD_OUT_PERCENT


def _text() -> str:
    return resources.files("agent.tasks.stories").joinpath("grammar.yaml").read_text("utf-8")
