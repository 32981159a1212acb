"""What a health check found."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "not finite",
    "KL diverging",
    "collapsed",
    "reward hacking",
    "unstable",
    "KL spike",
    "no signal",
    "reward saturated",
    "length shift",
    "truncated",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
WARNINGS: frozenset[Kind] = frozenset(
    {"KL spike", "no signal", "reward saturated", "length shift", "truncated"}
)
"""Kinds that are worth a look and leave the gate open; every other kind makes a run unhealthy."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a run.

    Attributes:
        kind: what is wrong, in the words of the verdicts.
        step: training step since which it is so.
        evidence: the measured value and the bound it broke, for people.
    """

    kind: Kind
    step: int
    evidence: str

    @property
    def fatal(self) -> bool:
        """Whether it closes the gate of the objective."""
        return self.kind not in WARNINGS
