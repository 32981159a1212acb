"""Colours and names of the feature classes, as SnapGene shows them: in maps and in the files for editors."""

from rewards.plasmid.features import FeatureClass

COLOURS: dict[FeatureClass, str] = {
    "ori": "#ffff00",
    "promoter": "#ffffff",
    "terminator": "#c0c0c0",
    "marker": "#ccffcc",
    "cds": "#cc99b2",
    "other": "#99ccff",
}

LEGEND: dict[FeatureClass, str] = {
    "ori": "origin of replication",
    "promoter": "promoter",
    "terminator": "terminator",
    "marker": "selection marker",
    "cds": "coding sequence",
    "other": "other",
}
