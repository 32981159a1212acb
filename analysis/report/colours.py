"""One colour per verdict, based on the Okabe-Ito palette, which is distinct to colour-blind readers."""

from analysis.classify.verdict_kinds import VerdictKind

VERDICT_COLOURS = {
    VerdictKind.HEALTHY: "#009E73",
    VerdictKind.NOT_LEARNING: "#8C8C8C",
    VerdictKind.COLLAPSED: "#D55E00",
    VerdictKind.MEMORISED: "#A65628",
    VerdictKind.KL_DIVERGING: "#CC79A7",
    VerdictKind.REWARD_HACKING: "#B8860B",
    VerdictKind.UNSTABLE: "#E69F00",
    VerdictKind.STOPPED_EARLY: "#2FA8C7",
    VerdictKind.FAILED: "#C62828",
    VerdictKind.UNFINISHED: "#7E6BC4",
}
BEST_COLOUR = "#1E88E5"
"""Colour of the chosen run."""
