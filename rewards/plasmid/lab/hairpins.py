"""Finds hairpins: a stretch and its reverse complement near each other on one strand."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.jit import kernel
from rewards.plasmid.lab.runs import place

STEM = 20
"""Paired bases from which an arm counts, unless another number is given. Source: the defaults of DNA Chisel's
`AvoidHairpins`, after IDT's guidelines: 20 bases and their reverse complement within 200 bases."""

LOOP = (3, 160)
"""Least and largest number of bases between the arms, unless others are given: 200 less the two arms."""


@dataclass(frozen=True, slots=True)
class Hairpins:
    """The hairpins of a molecule.

    Attributes:
        paired: Whether each base lies in a stem, shape [length].
        count: Number of stems that cannot be made longer.
        start: First base of the longest stem, of equally long ones the first; -1 without hairpins.
        stem: Bases in one arm of the longest stem.
        loop: Bases between its arms.
    """

    paired: NDArray[np.bool_]
    count: int
    start: int
    stem: int
    loop: int

    @property
    def span(self) -> int:
        """Bases of the longest hairpin: both arms and the loop."""
        return 2 * self.stem + self.loop

    def text(self, length: int) -> str:
        """The longest hairpin as arm, loop, arm and place, such as `23+4+23 at 1201-1250`."""
        return f"{self.stem}+{self.loop}+{self.stem} at {place(self.start, self.span, length)}"


def find_hairpins(codes: Codes, stem: int, min_loop: int, max_loop: int, circular: bool) -> Hairpins:
    """The hairpins of a molecule. The other strand has the same ones.

    Args:
        codes: Base codes, shape [length]. An unknown base pairs with nothing.
        stem: Least number of paired bases in an arm, at least 1.
        min_loop: Least number of bases between the arms.
        max_loop: Largest number of bases between the arms, at the innermost `stem` pairs.
        circular: Whether the ends are joined. The arms do not overlap.
    """
    return Hairpins(*_find(codes, stem, min_loop, max_loop, circular))


@kernel
def _is_pair(codes: Codes, left: int, right: int) -> bool:
    """Whether two bases pair; the indices may be one turn too far."""
    length = len(codes)
    a = codes[left + length if left < 0 else left]
    b = codes[right - length if right >= length else right]
    return bool(a < 4 and a + b == 3)


@kernel
def _find(
    codes: Codes, stem: int, min_loop: int, max_loop: int, circular: bool
) -> tuple[NDArray[np.bool_], int, int, int, int]:
    """Looks outwards from each centre for `stem` pairs in a row.

    Of the next `stem` pairs the outermost is tried first: where it fails, all of them are passed over.
    """
    length = len(codes)
    paired = np.zeros(length, dtype=np.bool_)
    count, best_start, best_stem, best_loop = 0, -1, 0, 0
    for centre in range(length):
        for odd in range(2):  # 0: the centre is between two bases, 1: it is on a base
            loop = min_loop + (min_loop + odd) % 2
            half = (loop + odd) // 2
            left, right = centre - half - 1 + odd, centre + half
            room = (length - loop) // 2 if circular else min(left + 1, length - right)
            first = 0  # pairs are numbered from the innermost one that leaves `loop` bases
            while loop + 2 * first <= max_loop and first + stem <= room:
                end = first + stem
                while end > first and _is_pair(codes, left - end + 1, right + end - 1):
                    end -= 1
                if end > first:
                    first = end
                    continue
                end = first + stem
                while end < room and _is_pair(codes, left - end, right + end):
                    end += 1
                for pair in range(first, end):
                    paired[(left - pair) % length] = paired[(right + pair) % length] = True
                start, arm = (left - end + 1) % length, end - first
                count += 1
                if arm > best_stem or (arm == best_stem and start < best_start):
                    best_start, best_stem, best_loop = start, arm, loop + 2 * first
                first = end + 1
    return paired, count, best_start, best_stem, best_loop
