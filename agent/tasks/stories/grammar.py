"""Random short stories from our own grammar."""

import functools
import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import yaml

HELD_OUT_OPENINGS = 3
"""Number of lines of the rule `opening` that only held-out stories begin with."""

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
def grammar(*, held_out: bool) -> Grammar:
    """The grammar of the stories of one side."""
    content: dict[str, Any] = yaml.safe_load(_text())
    return Grammar(content["cast"], content["rules"] | {"opening": openings(held_out=held_out)})


def openings(*, held_out: bool) -> list[str]:
    """The lines of the rule `opening` of one side; a hash of each line decides which ones are held out.

    A prompt is the beginning of an opening. The same line with other names in it would be nearly the same
    prompt, so whole lines are held out.
    """
    lines: list[str] = yaml.safe_load(_text())["rules"]["opening"]
    ranked = sorted(set(lines), key=lambda line: hashlib.sha256(line.encode()).digest())
    return [line for line in lines if (line in ranked[:HELD_OUT_OPENINGS]) == held_out]


def content_hash() -> str:
    """SHA-256 hex digest of the grammar and of the lines that are held out."""
    return hashlib.sha256("\n".join([_text(), *openings(held_out=True)]).encode()).hexdigest()


def stories(count: int, seed: int, *, held_out: bool) -> list[str]:
    """`count` random stories of one side.

    No first sentence of one side comes from the same line as one of the other side. The other sentences,
    which are in no prompt, may be the same.

    Args:
        count: Number of stories; a story may occur more than once.
        seed: Seed of the draw.
        held_out: Whether to draw held-out stories.
    """
    rng = random.Random(f"{seed} {held_out}")
    return [grammar(held_out=held_out).story(rng) for _ in range(count)]


def _text() -> str:
    return resources.files("agent.tasks.stories").joinpath("grammar.yaml").read_text("utf-8")
