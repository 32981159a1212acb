"""Colours and names of the feature classes, as SnapGene shows them: in maps and in the files for editors."""

from rewards.plasmid.parts.classes import PART_CLASSES

COLOURS: dict[str, str] = {
    "ori": "#ffff00",
    "promoter": "#ffffff",
    "terminator": "#c0c0c0",
    "marker": "#ccffcc",
    "cds": "#cc99b2",
    **{name: part.colour for name, part in PART_CLASSES.items()},
}

LEGEND: dict[str, str] = {
    "ori": "origin of replication",
    "promoter": "promoter",
    "terminator": "terminator",
    "marker": "selection marker",
    "cds": "coding sequence",
    **{name: part.legend for name, part in PART_CLASSES.items()},
}
