"""The map of a linear molecule."""

from collections.abc import Sequence
from typing import Any

from rewards.plasmid.features import Feature
from rewards.plasmid.map.parts import (
    INK,
    LABEL_SIZE,
    SITE_SIZE,
    SOFT,
    levels_of,
    look_of,
    map_label,
    tick_label,
    tick_step,
)
from rewards.plasmid.map.sites import Site

WIDTH = 12.0
"""Width of the figure, in inches."""

HALF, STEP, ROW = 0.11, 0.3, 0.19
"""Half the height of an arrow, distance of two levels and of two rows of labels, in inches."""

SMALLEST, HEAD = 0.005, 0.012
"""Shares of the molecule that a feature takes at least, and the head of its arrow at most."""


def line_map(length: int, features: Sequence[Feature], name: str, sites: Sequence[Site]) -> Any:
    """The figure: arrows on a line, overlapping ones below it, labels in rows above, a ruler below."""
    from matplotlib import pyplot

    levels = levels_of(features, length)
    figure, axes = pyplot.subplots(figsize=(WIDTH, 1))
    axes.set_xlim(0, length)
    axes.axis("off")
    labels = [
        (feature.start + feature.span / 2, HALF - STEP * level, map_label(feature), LABEL_SIZE, INK)
        for feature, level in zip(features, levels, strict=True)
    ]
    labels += [(float(site.position), 0.0, site.enzyme, SITE_SIZE, "#666666") for site in sites]
    top = _draw_labels(axes, sorted(label for label in labels if label[2]), length)
    axes.plot([0, length], [0, 0], color=INK, lw=1.5, zorder=2, solid_capstyle="butt")
    for feature, level in zip(features, levels, strict=True):
        axes.add_patch(_arrow(feature, length, -STEP * level))
    bottom = -STEP * max(levels, default=0) - HALF - 0.12
    step = tick_step(length)
    axes.plot([0, length], [bottom, bottom], color=SOFT, lw=0.6)
    for base in range(0, length + 1, step):
        axes.plot([base, base], [bottom, bottom - 0.05], color=SOFT, lw=0.6)
        axes.text(base, bottom - 0.08, tick_label(base), size=6.5, color=SOFT, ha="center", va="top")
    axes.set_title(f"{name}\n{length:,} bp, linear", size=11, color=INK)
    axes.set_ylim(bottom - 0.3, top)
    figure.set_size_inches(WIDTH, top - bottom + 0.3)
    figure.subplots_adjust(0, 0, 1, 1)
    return figure


def _draw_labels(axes: Any, labels: Sequence[tuple[float, float, str, float, str]], length: int) -> float:
    """Write each label in the lowest row with room for it; returns the top of the highest row, in inches."""
    renderer = axes.figure.canvas.get_renderer()
    bases_per_pixel = length / (WIDTH * axes.figure.dpi)
    ends: list[float] = []
    for x, y, text, size, colour in labels:
        written = axes.text(x, 0, text, size=size, color=colour, ha="center", va="center", zorder=4)
        half = (written.get_window_extent(renderer).width / 2 + 4) * bases_per_pixel
        row = next((row for row, end in enumerate(ends) if end <= x - half), len(ends))
        ends[row : row + 1] = [x + half]
        height = HALF + 0.2 + ROW * row
        written.set_position((x, height))
        written.set_bbox({"fc": "white", "ec": "none", "pad": 0.6})
        axes.plot([x, x], [y, height], color="#c8c8c8", lw=0.6, zorder=1)
    return HALF + 0.3 + ROW * len(ends)


def _arrow(feature: Feature, length: int, y: float) -> Any:
    from matplotlib.patches import Polygon

    span = max(feature.span, SMALLEST * length)
    middle = feature.start + feature.span / 2
    back, tip = middle - span / 2, middle + span / 2
    if feature.strand < 0:
        back, tip = tip, back
    neck = tip - (1 if feature.strand >= 0 else -1) * min(span, HEAD * length)
    shaft = HALF * 0.72
    corners = [
        (back, shaft),
        (neck, shaft),
        (neck, HALF),
        (tip, 0),
        (neck, -HALF),
        (neck, -shaft),
        (back, -shaft),
    ]
    return Polygon([(x, y + height) for x, height in corners], closed=True, zorder=3, **look_of(feature))
