"""Ways to write the same circular molecule."""

from rewards.plasmid.engine.bases import reverse_complement_text


def rotate(sequence: str, offset: int) -> str:
    """The same circular molecule, written from base `offset` on."""
    offset %= len(sequence)
    return sequence[offset:] + sequence[:offset]


def written_from(sequence: str, base: int, backwards: bool) -> str:
    """The same circular molecule, written from a base on; on the other strand if `backwards`."""
    if backwards:
        return reverse_complement_text(rotate(sequence, base + 1))
    return rotate(sequence, base)
