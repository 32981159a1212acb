"""The map of a circular molecule."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from rewards.plasmid.features import Feature
from rewards.plasmid.map.parts import (
    INK,
    LABEL_SIZE,
    SITE_SIZE,
    SOFT,
    cut,
    levels_of,
    look_of,
    map_label,
    tick_label,
    tick_step,
)
from rewards.plasmid.map.sites import Site

RADIUS, HALF, STEP, DEEPEST = 90.0, 3.4, 7.8, 5
"""Radius of the line and half the width of a feature; distance of two levels, and the number of the last."""

SHAFT, HEAD = 0.72, 3.0
"""Width of an arrow's shaft over that of its head; length of its head, in degrees."""

SMALLEST = 1.2
"""Degrees that a feature takes at least, so that it can be seen."""


def circle_map(length: int, features: Sequence[Feature], name: str, sites: Sequence[Site]) -> Any:
    """The figure: arrows on a circle, overlapping ones further inside, labels outside, name in the middle."""
    from pycirclize import Circos

    circos = Circos(sectors={"molecule": length})
    sector = circos.sectors[0]
    track = sector.add_track((0, 100))
    sector.line(r=RADIUS, color=INK, lw=1.5)
    levels = [min(level, DEEPEST) for level in levels_of(features, length)]
    for feature, level in zip(features, levels, strict=True):
        middle = RADIUS - STEP * level
        label = map_label(feature)
        if label:
            track.annotate(
                (feature.start + feature.span / 2) % length,
                label,
                label_size=LABEL_SIZE,
                shorten=None,
                min_r=middle + HALF,
                max_r=RADIUS + 11,
                line_kws={"color": SOFT},
                text_kws={"color": INK},
            )
    for site in sites:
        track.annotate(
            site.position,
            site.enzyme,
            label_size=SITE_SIZE,
            min_r=RADIUS,
            max_r=RADIUS + 9,
            line_kws={"color": "#c8c8c8"},
            text_kws={"color": "#666666"},
        )
    inside = RADIUS - STEP * max(levels, default=0) - HALF - 2
    sector.add_track((inside - 1, inside)).xticks_by_interval(
        min(tick_step(length), length),
        outer=False,
        tick_length=1.2,
        label_size=6.5,
        label_formatter=lambda base: tick_label(base) if base else "",
        line_kws={"color": SOFT},
        text_kws={"color": SOFT},
    )
    lines = textwrap.wrap(cut(name, 72), 24) or [""]
    circos.text("\n".join(lines), size=13 if len(lines) == 1 else 10, r=10, deg=0, va="bottom", weight="bold")
    circos.text(f"{length:,} bp", size=10, r=0, color=INK)
    figure = circos.plotfig(figsize=(8, 8))
    for feature, level in zip(features, levels, strict=True):
        circos.ax.add_patch(_arrow(feature, length, RADIUS - STEP * level))
    return figure


def _arrow(feature: Feature, length: int, middle: float) -> Any:
    """The arrow of a feature. It is placed by angle, so that it may run across the origin in one piece."""
    from pycirclize.patches import ArcArrow

    turn = math.tau / length
    angle = max(feature.span * turn, math.radians(SMALLEST))
    begin = (feature.start + feature.span / 2) * turn - angle / 2
    forwards = feature.strand >= 0
    return ArcArrow(
        rad=begin if forwards else begin + angle,
        r=middle - HALF,
        drad=angle if forwards else -angle,
        dr=2 * HALF,
        head_length=math.radians(HEAD),
        shaft_ratio=SHAFT,
        zorder=3,
        **look_of(feature),
    )
