"""Ways to write the same circular molecule."""

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def rotate(sequence: str, offset: int) -> str:
    """The same circular molecule, written from base `offset` on."""
    offset %= len(sequence)
    return sequence[offset:] + sequence[:offset]


def reverse_complement(sequence: str) -> str:
    """The reverse complement: the other strand of `sequence`, in its own direction."""
    return sequence.translate(_COMPLEMENT)[::-1]


def written_from(sequence: str, base: int, backwards: bool) -> str:
    """The same circular molecule, written from a base on; on the other strand if `backwards`."""
    if backwards:
        return reverse_complement(rotate(sequence, base + 1))
    return rotate(sequence, base)
