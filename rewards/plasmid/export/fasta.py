"""FASTA, with the topology as NCBI's modifier in the title."""

from rewards.explain import Explained
from rewards.plasmid.export.formats import TextFormat, dna_of
from rewards.plasmid.shown import shown_name

WIDTH = 70
"""Bases in a line."""


class Fasta(TextFormat):
    """`>name [topology=circular]` and the sequence."""

    def text(self, explained: Explained) -> str:
        """The title and the sequence in lines."""
        sequence = dna_of(explained)
        lines = [sequence[at : at + WIDTH] for at in range(0, len(sequence), WIDTH)]
        title = f">{shown_name(explained.record.id)} [topology={explained.topology}]"
        return "\n".join([title, *lines, ""])
