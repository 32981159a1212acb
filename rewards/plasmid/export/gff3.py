"""GFF3 with terms of the Sequence Ontology; a feature across the origin of a circle ends behind its length.

Source: https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md
"""

import re

from rewards.explain import Explained
from rewards.plasmid.export.formats import TextFormat
from rewards.plasmid.export.keys import ontology_term
from rewards.plasmid.features import Feature
from rewards.plasmid.map.colours import COLOURS
from rewards.plasmid.shown import label_of, shown_class, shown_features, shown_name

SOURCE = "sweepfarm"

_RESERVED_IN_ATTRIBUTES = re.compile("[%;=&,]")
_RESERVED_IN_IDS = re.compile(r"[^a-zA-Z0-9.:^*$@!+_?|-]")


class Gff3(TextFormat):
    """A `region` for each molecule and a row for each feature; the sequence belongs into a FASTA file.

    IDs are numbered by record, as two molecules may have one name.
    """

    def __init__(self) -> None:
        self._records = 0

    def head(self, first: Explained) -> str:
        """The version."""
        return "##gff-version 3\n"

    def text(self, explained: Explained) -> str:
        """The region and the features of one record; nothing for an empty sequence, which has no region."""
        self._records += 1
        length = explained.annotation.length
        if not length:
            return ""
        name = shown_name(explained.record.id)
        sequence = _RESERVED_IN_IDS.sub(_percent, name) or f"sequence_{self._records}"
        molecule = f"molecule{self._records}"
        region = {"ID": molecule, "Name": name}
        if explained.record.circular:
            region["Is_circular"] = "true"
        rows = [
            f"##sequence-region {sequence} 1 {length}",
            _row(sequence, "region", 1, length, "+", ".", region),
        ]
        for number, feature in enumerate(shown_features(explained.annotation), 1):
            term = ontology_term(feature)
            rows.append(
                _row(
                    sequence,
                    term,
                    feature.start + 1,
                    feature.start + feature.span,
                    "+" if feature.strand >= 0 else "-",
                    "0" if term == "CDS" else ".",
                    {"ID": f"{molecule}.{number}", **_attributes(feature)},
                )
            )
        return "\n".join([*rows, ""])


def _attributes(feature: Feature) -> dict[str, str]:
    attributes = {
        "Name": label_of(feature),
        "identity": f"{feature.identity:.4f}",
        "coverage": f"{feature.coverage:.4f}",
        "color": COLOURS[shown_class(feature)],
    }
    if feature.defect:
        attributes["Note"] = feature.defect
    return attributes


def _row(
    sequence: str, term: str, start: int, end: int, strand: str, phase: str, attributes: dict[str, str]
) -> str:
    pairs = (f"{key}={_RESERVED_IN_ATTRIBUTES.sub(_percent, value)}" for key, value in attributes.items())
    return "\t".join([sequence, SOURCE, term, str(start), str(end), ".", strand, phase, ";".join(pairs)])


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8"))
