"""The classes of small parts: how files name them and maps colour them."""

from typing import NamedTuple


class PartClass(NamedTuple):
    """How one class of parts is written and drawn.

    Attributes:
        legend: Name for readers.
        colour: Fill colour, as #rrggbb.
        key: GenBank feature key.
        term: Term of the Sequence Ontology.
        regulatory: INSDC's regulatory class; empty unless the key is `regulatory`.
    """

    legend: str
    colour: str
    key: str
    term: str
    regulatory: str = ""


PART_CLASSES: dict[str, PartClass] = {
    "rbs": PartClass(
        "ribosome binding site", "#ffb3a7", "regulatory", "ribosome_entry_site", "ribosome_binding_site"
    ),
    "operator": PartClass("operator", "#b4abac", "protein_bind", "operator"),
    "primer": PartClass("primer site", "#d2a6ff", "primer_bind", "primer_binding_site"),
    "mcs": PartClass("cloning site", "#d6d6ff", "misc_feature", "sequence_feature"),
    "tag": PartClass("tag or signal", "#ff9ccd", "misc_feature", "sequence_feature"),
    "linker": PartClass("linker or 2A peptide", "#ffd9a0", "misc_feature", "sequence_feature"),
    "recombination": PartClass(
        "recombination site", "#85dae9", "misc_recomb", "site_specific_recombination_target_region"
    ),
    "ltr": PartClass("long terminal repeat", "#99ccff", "LTR", "long_terminal_repeat"),
    "itr": PartClass("inverted terminal repeat", "#84b0dc", "repeat_region", "terminal_inverted_repeat"),
    "intron": PartClass("intron", "#b1ff67", "intron", "intron"),
    "viral": PartClass("viral element", "#f58a5e", "misc_feature", "sequence_feature"),
    "orf": PartClass("open reading frame", "#f3e2b3", "misc_feature", "ORF"),
    "misc": PartClass("other", "#c6c9d1", "misc_feature", "sequence_feature"),
}
"""Name of each class → how it is written and drawn."""
