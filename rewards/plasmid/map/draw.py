"""Draws the map of an annotated molecule to a file."""

import warnings
from pathlib import Path
from typing import Any

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.map.circle import circle_map
from rewards.plasmid.map.colours import COLOURS, LEGEND
from rewards.plasmid.map.line import line_map
from rewards.plasmid.map.parts import INK
from rewards.plasmid.map.sites import single_cutters
from rewards.plasmid.shown import shown_class, shown_features, shown_name

FORMATS = (".svg", ".png", ".pdf")

LEFT_OUT = ("primer",)
"""Classes that maps leave out: many primer sites overlap, and their labels would hide everything else."""

MANY = 7
"""Classes above which the legend is written smaller."""

_STYLE: dict[Any, Any] = {"text.parse_math": False, "svg.hashsalt": "map", "font.family": ["DejaVu Sans"]}
"""A name with dollar signs is no formula, and the same map has the same bytes."""

_NO_DATE: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def draw_map(annotation: Annotation, name: str, path: Path, sites: bool = False) -> None:
    """Draw one annotated molecule to a file: a circle, or a line if its ends are not joined.

    An arrow points in the direction of its feature. Fragments and broken features have a dashed outline.

    Args:
        annotation: The molecule.
        name: Its name.
        path: File to write. Its suffix, one of `FORMATS`, sets the format.
        sites: Whether restriction sites that are cut exactly once are marked.

    Raises:
        ValueError: If the sequence is empty.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    if annotation.length == 0:
        raise ValueError("there is nothing to draw: the sequence is empty")
    features = [feature for feature in shown_features(annotation) if shown_class(feature) not in LEFT_OUT]
    draw = circle_map if annotation.circular else line_map
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # a letter that the font lacks
        figure = draw(
            annotation.length, features, shown_name(name), single_cutters(annotation) if sites else ()
        )
        shown = [kind for kind in COLOURS if any(shown_class(feature) == kind for feature in features)]
        handles = [Patch(fc=COLOURS[kind], ec=INK, lw=0.8, label=LEGEND[kind]) for kind in shown]
        if handles:
            place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.47)}
            if not annotation.circular:
                place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": min(len(handles), 6)}
            figure.axes[0].legend(
                handles=handles, fontsize=8 if len(handles) <= MANY else 6.5, frameon=False, **place
            )
        suffix = path.suffix.lower()
        # The first import of pycirclize makes matplotlib write text as text, which other fonts make collide.
        matplotlib.rcParams["svg.fonttype"] = "path"
        figure.savefig(path, bbox_inches="tight", pad_inches=0.15, dpi=150, metadata=_NO_DATE.get(suffix))
        pyplot.close(figure)
