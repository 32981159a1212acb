"""Findings of the health checks, and their kinds."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "not finite",
    "KL diverging",
    "collapsed",
    "memorised",
    "reward hacking",
    "unstable",
    "KL spike",
    "no signal",
    "reward saturated",
    "length shift",
    "memorising",
    "truncated",
]


@dataclass(frozen=True)
class Meaning:
    """The meaning of a kind of finding.

    Attributes:
        text: The condition under which it is found, for the documentation.
        fatal: Whether it makes a run unhealthy, which sets the gate of the objective to 0. A finding that is
            not fatal is a warning.
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
        "entropy is below `health_entropy_min` times the starting model's; or the share of distinct"
        " completions or beginnings is below `health_unique_min` times the starting model's; or the overlap"
        " of completions has risen by more than `health_similarity_rise` of the distance from the starting"
        " model's to 1; or the share of sentences that fit one template is above both `health_template_max`"
        " and `health_template_ratio` times the starting model's; or, by the quality control, the probability"
        " that two passing completions are the same has risen by more than `health_coincidence_rise`, or"
        " their distinct number is below `health_distinct_min` times the starting model's although as many"
        " pass; or one type of a part has left the others less than `health_minority_min` of their share",
        fatal=True,
    ),
    "memorised": Meaning(
        "the share of near copies of the training corpus has risen by more than `health_copies_max` of the"
        " distance from the starting model's to 1, and novelty is below `health_novelty_min` times the"
        " starting model's",
        fatal=True,
    ),
    "reward hacking": Meaning(
        "`objective/reference` or `qc/pass_rate` is below its peak (which may be the starting model's value)"
        " by more than `health_fall_noise` standard errors and by at least `health_fall_share` of the gain up"
        " to the peak, and the training reward rose since the peak",
        fatal=True,
    ),
    "unstable": Meaning(
        "one of the two is as far below its peak, and the training reward did not rise; or the median"
        " gradient norm of several steps reaches `health_gradient_max`",
        fatal=True,
    ),
    "KL spike": Meaning(
        "`train/kl` is above `health_kl_spike` times its maximum over the ten steps before, and above"
        " `health_kl_spike_min`",
        fatal=False,
    ),
    "no signal": Meaning(
        "the share of groups with equal rewards is above `health_zero_variance_max`; or no completion of the"
        " whole run reached `reward_threshold`",
        fatal=False,
    ),
    "reward saturated": Meaning("the mean training reward reaches `health_reward_max`", fatal=False),
    "length shift": Meaning(
        "held-out completions are longer or shorter than the starting model's by more than the factor"
        " `health_length_ratio`",
        fatal=False,
    ),
    "memorising": Meaning(
        "the share of near copies of the training corpus has risen by more than `health_copies_rise` of the"
        " distance from the starting model's to 1",
        fatal=False,
    ),
    "truncated": Meaning(
        "the share of cut-off completions is more than `health_truncated_margin` above the starting model's",
        fatal=False,
    ),
}
KINDS: tuple[Kind, ...] = tuple(MEANINGS)
WARNINGS: frozenset[Kind] = frozenset(kind for kind, meaning in MEANINGS.items() if not meaning.fatal)


@dataclass(frozen=True)
class Finding:
    """A problem that a health check found in a run.

    Attributes:
        kind: Kind of the problem.
        step: First training step with the problem.
        evidence: The measured value and what it was compared with, as text.
    """

    kind: Kind
    step: int
    evidence: str

    @property
    def fatal(self) -> bool:
        """Whether it sets the gate of the objective to 0."""
        return MEANINGS[self.kind].fatal
