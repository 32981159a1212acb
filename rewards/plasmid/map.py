"""Draws a plasmid map: features on a circle, coloured by class."""

from pathlib import Path

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.features import UNKNOWN_GENE

COLOURS = {
    "ori": "#c58a00",
    "promoter": "#3a923a",
    "terminator": "#b03a48",
    "marker": "#7b5ea7",
    "cds": "#3b75af",
    "other": "#8a8a8a",
}
FORMATS = (".png", ".svg", ".pdf")

INNER, OUTER = 82.0, 90.0
"""Radii of the ring; the whole drawing has radius 100."""


def draw_map(annotation: Annotation, name: str, path: Path) -> None:
    """Draw one annotated plasmid to a file.

    Features on the + strand are drawn outside the line, features on the - strand inside it; fragments are
    pale.

    Args:
        annotation: The plasmid.
        name: Printed in the middle, with the length.
        path: File to write. Its suffix, one of `FORMATS`, sets the format.

    Raises:
        ValueError: If the sequence is empty.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.patches import Patch
    from pycirclize import Circos

    length = annotation.length
    if length == 0:
        raise ValueError("there is nothing to draw: the sequence is empty")
    circos = Circos(sectors={name: length})
    circos.text(f"{name}\n{length:,} bp", size=13, r=0)
    sector = circos.sectors[0]
    ring = sector.add_track((INNER - 9, OUTER))
    middle = (INNER - 9 + OUTER) / 2
    sector.line(r=middle, color="#444444", lw=1)
    markers = {feature.name for feature in annotation.of_class("marker")}
    for feature in annotation.features:
        if feature.feature_class == "cds" and feature.name in markers:
            continue  # a marker gene is also reported as a cds; draw it once
        radii = (middle + 0.5, OUTER) if feature.strand >= 0 else (INNER - 9, middle - 0.5)
        parts = [(feature.start, feature.start + feature.span)]
        if parts[0][1] > length:
            parts = [(feature.start, length), (0, feature.start + feature.span - length)]
        for start, end in parts:
            left, right = (start, end) if feature.strand >= 0 else (end, start)
            ring.arrow(
                left,
                right,
                r_lim=radii,
                head_length=3,
                shaft_ratio=0.9,
                fc=COLOURS[feature.feature_class],
                alpha=0.4 if feature.fragment else 0.95,
                lw=0,
            )
        if feature.feature_class != "cds" or feature.name != UNKNOWN_GENE:
            at = (feature.start + feature.span / 2) % length
            ring.annotate(at, _short(feature.name), label_size=7, min_r=OUTER + 2, max_r=OUTER + 8)
    step = next(s for s in (100, 200, 500, 1000, 2000, 5000, 10_000, 10**9) if length / s <= 12)
    sector.add_track((INNER - 10, INNER - 9.5)).xticks_by_interval(
        min(step, length),
        outer=False,
        label_size=6,
        label_formatter=lambda v: f"{v / 1000:g} kb" if v else "",
    )
    figure = circos.plotfig(figsize=(8, 8), dpi=130)
    shown = sorted({feature.feature_class for feature in annotation.features}, key=list(COLOURS).index)
    handles = [Patch(color=COLOURS[kind], label=kind) for kind in shown]
    if handles:
        figure.legend(handles=handles, loc="lower right", fontsize=8, frameon=False)
    figure.savefig(path, bbox_inches="tight")
    pyplot.close(figure)


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"
