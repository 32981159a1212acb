"""Recognition sites of restriction enzymes, on both strands and across the joint of a circle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rewards.base import Span
from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.lab.runs import end_of

# Bits of the base codes 0 to 4; an unknown base is only certain to match an N.
_BITS = np.array([1, 2, 4, 8, 0], dtype=np.uint8)
_MASKS = {
    "A": 1, "C": 2, "G": 4, "T": 8,
    "M": 3, "R": 5, "W": 9, "S": 6, "Y": 10, "K": 12,
    "V": 7, "H": 11, "D": 13, "B": 14,
}  # fmt: skip
_COMPLEMENT = str.maketrans("ACGTMRWSYKVHDBN", "TGCAKYWSRMBDHVN")


class UnknownEnzymeError(ValueError):
    """No restriction enzyme has that name."""


@dataclass(frozen=True, slots=True)
class Site:
    """A recognition site on a molecule.

    Attributes:
        start: First base of the site on the molecule as written, from 0.
        strand: Strand on which the site reads as published; +1 if it reads the same on both.
    """

    start: int
    strand: int


@cache
def recognition_site(enzyme: str) -> str:
    """Recognition site of an enzyme in IUPAC letters, as in Biopython's copy of REBASE.

    Raises:
        UnknownEnzymeError: If there is no such enzyme; the message names the nearest.
    """
    # Its import takes half a second, which only these checks need to pay.
    from Bio.Restriction.Restriction_Dictionary import rest_dict

    if enzyme not in rest_dict:
        names = {known.lower(): known for known in sorted(rest_dict)}
        (nearest,) = get_close_matches(str(enzyme).lower(), names, n=1, cutoff=0.0)
        raise UnknownEnzymeError(f"unknown restriction enzyme `{enzyme}`; did you mean `{names[nearest]}`?")
    return str(rest_dict[enzyme]["site"])


def refuse_unclear_lists(avoid_sites: Sequence[str], single_sites: Sequence[str]) -> None:
    """Check that every enzyme exists and is named once.

    Raises:
        UnknownEnzymeError: If there is no such enzyme.
        ValueError: If an enzyme is named twice, or a list is a text.
    """
    for names in (avoid_sites, single_sites):
        if isinstance(names, str):
            raise ValueError(f"needs a list of enzymes such as [{names}], got the text {names!r}")
    seen = set()
    for enzyme in (*avoid_sites, *single_sites):
        recognition_site(enzyme)
        if enzyme in seen:
            raise ValueError(f"{enzyme} is named twice")
        seen.add(enzyme)


def find_sites(codes: Codes, enzyme: str, circular: bool) -> list[Site]:
    """The recognition sites of an enzyme, by start. A site that reads the same on both strands counts once.

    Args:
        codes: Base codes, shape [length].
        enzyme: Name of the enzyme.
        circular: Whether the ends are joined.

    Raises:
        UnknownEnzymeError: If there is no such enzyme.
    """
    site = recognition_site(enzyme)
    if len(codes) < len(site):
        return []
    bits = _BITS[np.concatenate((codes, codes[: len(site) - 1])) if circular else codes]
    opposite = site.translate(_COMPLEMENT)[::-1]
    found = [Site(int(start), 1) for start in _matches(bits, site)]
    if opposite != site:
        found += [Site(int(start), -1) for start in _matches(bits, opposite)]
    return sorted(found, key=lambda match: (match.start, -match.strand))


def _matches(bits: NDArray[np.uint8], site: str) -> NDArray[np.int64]:
    """Starts of the windows in which each base is one that the site allows."""
    count = len(bits) - len(site) + 1
    matching = np.ones(count, dtype=np.bool_)
    for offset, letter in enumerate(site):
        if letter != "N":
            matching &= (bits[offset : offset + count] & _MASKS[letter]) != 0
    return np.flatnonzero(matching)


def site_spans(sites: Iterable[Site], enzyme: str, length: int) -> tuple[Span, ...]:
    """One span per site, labelled with the enzyme."""
    size = len(recognition_site(enzyme))
    return tuple(Span(site.start, end_of(site.start, size, length), site.strand, enzyme) for site in sites)


def sites_text(enzyme: str, sites: Sequence[Site]) -> str:
    """The enzyme with the number and the places of its sites, such as `BsaI 2 sites (at 11, at 98 on -)`."""
    if not sites:
        return f"{enzyme} no site"
    places = ", ".join(f"at {site.start + 1}{' on -' if site.strand < 0 else ''}" for site in sites)
    return f"{enzyme} {len(sites)} site{'s' if len(sites) > 1 else ''} ({places})"
