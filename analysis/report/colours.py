"""One colour per verdict, after the Okabe-Ito palette: distinct to the colour-blind, on dark and light."""

from analysis.classify.finding import Kind

VERDICT_COLOURS = {
    Kind.HEALTHY: "#009E73",
    Kind.NOT_LEARNING: "#8C8C8C",
    Kind.COLLAPSED: "#D55E00",
    Kind.KL_DIVERGING: "#CC79A7",
    Kind.REWARD_HACKING: "#B8860B",
    Kind.UNSTABLE: "#E69F00",
    Kind.STOPPED_EARLY: "#2FA8C7",
    Kind.FAILED: "#C62828",
    Kind.UNFINISHED: "#7E6BC4",
}
BEST_COLOUR = "#1E88E5"
"""The chosen run."""
