"""The letters of a sequence: collected from its lines, cleaned, and judged whether they are DNA at all."""

from rewards.plasmid.files.record import MAX_BASES

_TOLERATED = 0.2
"""Largest share of letters other than A, C, G, T, U and N in DNA that also has letters that are no code of a
base; in proteins it is 0.74 on average."""
_BASES = "ACGTUN"
_IUPAC = _BASES + "RYSWKMBDHV"


def _without(letters: str) -> dict[int, None]:
    return dict.fromkeys(map(ord, letters + letters.lower()))


_NO_BASES, _NO_IUPAC = _without(_BASES), _without(_IUPAC)
_NO_DIGITS = _without("0123456789")
_NO_GAPS = _without("-.")
_U_TO_T = str.maketrans("Uu", "Tt")


class Letters:
    """Collects the lines of one sequence, of which it holds little more than `MAX_BASES` letters."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0

    def add(self, text: str) -> None:
        """Append a line; white space in it is left out."""
        if self._size <= MAX_BASES:
            part = "".join(text.split())
            self._parts.append(part)
            self._size += len(part)

    def __str__(self) -> str:
        return "".join(self._parts)


def is_dna(sequence: str) -> bool:
    """Whether the letters are those of DNA or RNA: IUPAC codes or gaps, or nearly all A, C, G, T, U, N."""
    if "-" in sequence or "." in sequence:
        sequence = sequence.translate(_NO_GAPS)
    return not sequence.translate(_NO_IUPAC) or _share_outside(sequence) <= _TOLERATED


def outside(sequence: str) -> str:
    """How many of the letters are not those of DNA, for a message."""
    return f"{100 * _share_outside(sequence):.0f} % of its letters outside A,C,G,T,N"


def _share_outside(sequence: str) -> float:
    return len(sequence.translate(_NO_BASES)) / max(len(sequence), 1)


def fault_of(sequence: str) -> str:
    """Why these letters are not scored as a plasmid, and what to do; empty if they can be."""
    if not sequence:
        return "it has no sequence"
    if too_long := excess_of(sequence):
        return too_long
    rest = sequence.translate(_NO_IUPAC)
    if not rest.isprintable():
        return "it contains control characters: this is no text"
    if ">" in rest:
        return "a > stands inside the sequence: a line break before a header is missing"
    if not is_dna(sequence):
        return f"not DNA: {outside(sequence)}"
    if gaps := rest.count("-") + rest.count("."):
        return f"{gaps:,} of its characters are gaps (- or .): take them out, or export it unaligned"
    return ""


def foreign_in(sequence: str) -> str:
    """The characters that are neither codes of a base nor gaps, each once; empty if there are none."""
    return " ".join(sorted(set(sequence.translate(_NO_IUPAC).translate(_NO_GAPS))))


def excess_of(text: str) -> str:
    """Why a text is too long for a plasmid; empty if it is not."""
    return f"longer than {MAX_BASES:,} letters: this is no plasmid" if len(text) > MAX_BASES else ""


def cleaned(sequence: str) -> tuple[str, list[str]]:
    """The letters without digits and with T for U, and notes about what was changed or means nothing."""
    notes: list[str] = []
    if not (rest := sequence.translate(_NO_BASES)) and "U" not in sequence and "u" not in sequence:
        return sequence, notes
    if rest.translate(_NO_DIGITS) != rest:
        sequence = sequence.translate(_NO_DIGITS)
        notes.append("digits in the sequence are left out")
    if "U" in sequence or "u" in sequence:
        sequence = sequence.translate(_U_TO_T)
        notes.append("this is RNA: U is read as T")
    if foreign := foreign_in(sequence):
        notes.append(f"these are no codes of a base and match nothing: {foreign}")
    return sequence, notes
