"""What a health check found, and the kinds of findings."""

from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True)
class Meaning:
    """What a kind of finding means.

    Attributes:
        text: When it is found, for the documentation.
        fatal: Whether it makes a run unhealthy, which closes the gate of the objective. Any other kind is a
            warning.
    """

    text: str
    fatal: bool


MEANINGS: dict[Kind, Meaning] = {
    "not finite": Meaning(
        "loss, gradient norm or KL is NaN or infinite (checked at every step), or no held-out completion"
        " could be scored",
        fatal=True,
    ),
    "KL diverging": Meaning("`objective/kl` is above `health_kl_max`", fatal=True),
    "collapsed": Meaning(
        "entropy is below `health_entropy_min`, relative; or distinct completions or beginnings are below"
        " `health_unique_min`, relative; or overlap has gone `health_similarity_rise` of the way from the"
        " starting model's to 1; or one template has more sentences than `health_template_max`, or than"
        " `health_template_ratio` times the starting model's share",
        fatal=True,
    ),
    "reward hacking": Meaning(
        "the held-out reference fell from its peak (the starting model's value counts) by more than"
        " `health_fall_noise` standard errors and `health_fall_share` of the gain, while the training reward"
        " rose",
        fatal=True,
    ),
    "unstable": Meaning(
        "the held-out reference fell like that while the training reward did not rise, or the median gradient"
        " norm of some steps reaches `health_gradient_max`",
        fatal=True,
    ),
    "KL spike": Meaning(
        "KL is above `health_kl_spike` times the greatest of the ten steps before, and above"
        " `health_kl_spike_min`",
        fatal=False,
    ),
    "no signal": Meaning(
        "more than `health_zero_variance_max` of the groups have equal rewards", fatal=False
    ),
    "reward saturated": Meaning("the mean training reward reaches `health_reward_max`", fatal=False),
    "length shift": Meaning(
        "held-out completions are longer or shorter by the factor `health_length_ratio`, relative",
        fatal=False,
    ),
    "truncated": Meaning(
        "the share of cut-off completions is above the starting model's by `health_truncated_margin`",
        fatal=False,
    ),
}
KINDS: tuple[Kind, ...] = tuple(MEANINGS)
WARNINGS: frozenset[Kind] = frozenset(kind for kind, meaning in MEANINGS.items() if not meaning.fatal)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a run.

    Attributes:
        kind: What is wrong.
        step: Training step since which it is so.
        evidence: The measured value and the bound that it broke, for people.
    """

    kind: Kind
    step: int
    evidence: str

    @property
    def fatal(self) -> bool:
        """Whether it closes the gate of the objective."""
        return MEANINGS[self.kind].fatal
