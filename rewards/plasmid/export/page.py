"""One HTML page with a map, the features and the scores of each record. It needs no network."""

import base64
import math
import tempfile
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from rewards.explain import Explained
from rewards.plasmid.export.formats import TextFormat
from rewards.plasmid.map.colours import COLOURS, LEGEND
from rewards.plasmid.map.draw import draw_map
from rewards.plasmid.shown import label_of, shown_class, shown_features, shown_name

_RECORDS = "<!-- records -->"
"""Where the template has the records."""


class Page(TextFormat):
    """The page. Maps are pictures inside it.

    Args:
        sites: Whether maps show restriction sites that are cut once.
    """

    def __init__(self, sites: bool) -> None:
        self.sites = sites

    @cached_property
    def _template(self) -> Any:
        import jinja2

        environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        text = resources.files("rewards.plasmid.export").joinpath("page.html.j2").read_text("utf-8")
        return environment.from_string(text)

    def head(self, first: Explained) -> str:
        """The page up to the first record."""
        return self._frame()[0]

    def tail(self, records: int) -> str:
        """The page behind the last record."""
        before, after = self._frame()
        return after if records else before + after

    def _frame(self) -> tuple[str, str]:
        before, _, after = self._template.render().partition(_RECORDS)
        return before, after

    def text(self, explained: Explained) -> str:
        """The section of one record."""
        return str(
            self._template.module.record(
                name=shown_name(explained.record.id),
                length=explained.annotation.length,
                topology=explained.topology,
                quality=explained.quality,
                total=None if math.isnan(explained.total) else explained.total,
                map=self._map(explained),
                notes=explained.notes,
                sequence=explained.record.sequence,
                evaluations=explained.evaluations,
                weights=explained.weights,
                features=[
                    (
                        feature,
                        label_of(feature),
                        COLOURS[shown_class(feature)],
                        LEGEND[shown_class(feature)],
                    )
                    for feature in shown_features(explained.annotation)
                ],
            )
        )

    def _map(self, explained: Explained) -> str:
        """The map as an SVG picture in base64; empty for an empty sequence."""
        if not explained.annotation.length:
            return ""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "map.svg"
            draw_map(explained.annotation, explained.record.id, path, self.sites)
            return base64.b64encode(path.read_bytes()).decode()
