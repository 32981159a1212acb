"""The measurements of a lab: exact values, and equality with naive implementations on small molecules."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.plasmid.engine.bases import decode, encode
from rewards.plasmid.engine.repeats import repeated_bases, repeated_windows
from rewards.plasmid.lab.hairpins import find_hairpins
from rewards.plasmid.lab.runs import marked_spans, place, runs
from rewards.plasmid.lab.sites import Site, UnknownEnzymeError, find_sites, recognition_site, sites_text
from rewards.plasmid.lab.windows import covered, window_gc
from tests.rewards.plasmids import random_dna, reverse_complement

molecules = st.one_of(st.text("ACGT", max_size=40), st.text("ACGTN", max_size=40), st.text("AT", max_size=40))
IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "M": "AC", "R": "AG", "W": "AT", "S": "CG", "Y": "CT", "K": "GT",
    "V": "ACG", "H": "ACT", "D": "AGT", "B": "CGT", "N": "ACGTN",
}  # fmt: skip
# Palindromes, one strand only, ambiguous letters, long and short sites, more than one cut.
ENZYMES = ("EcoRI", "BsaI", "BsmBI", "HinfI", "AvaI", "BglI", "BcgI", "HaeIII", "MnlI", "FspEI", "HindII")


def rotated(text: str, by: int) -> str:
    by %= max(1, len(text))
    return text[by:] + text[:by]


# --- windows and runs


def naive_gc(text: str, size: int, circular: bool) -> list[float]:
    if not text:
        return []
    size = min(size, len(text)) if len(text) < size else size
    whole = len(text) == size
    starts = range(len(text)) if circular and not whole else range(len(text) - size + 1)
    shares = []
    for start in starts:
        window = (text + text)[start : start + size]
        known = sum(window.count(base) for base in "ACGT")
        shares.append((window.count("G") + window.count("C")) / known if 2 * known >= size else np.nan)
    return shares


@given(molecules, st.integers(1, 50), st.booleans())
def test_gc_of_windows_equals_a_naive_count(text: str, size: int, circular: bool) -> None:
    found = window_gc(encode(text), size, circular).tolist()
    if circular and size == len(text):  # one window per base, all of them the whole molecule
        assert len(found) == size
        found = found[:1] if not np.isnan(found[0]) else [np.nan]
    assert found == pytest.approx(naive_gc(text, size, circular), nan_ok=True)


@given(molecules, st.integers(1, 20), st.data())
def test_bases_that_windows_cover(text: str, size: int, data: st.DataObject) -> None:
    count = len(window_gc(encode(text), size, True))
    windows = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=np.bool_)
    inside = {
        (start + n) % len(text) for start in np.flatnonzero(windows) for n in range(min(size, len(text)))
    }
    assert set(np.flatnonzero(covered(windows, size, len(text))).tolist()) == inside


@given(molecules, st.booleans())
def test_runs_put_the_molecule_together_again(text: str, circular: bool) -> None:
    starts, lengths = runs(encode(text), circular)
    assert "".join(text[start] * span for start, span in zip(starts, lengths, strict=True)) == rotated(
        text, int(starts[0]) if len(text) else 0
    )
    bases = [text[start] for start in starts]
    assert all(a != b for a, b in pairwise(bases))
    if circular and len(bases) > 1:
        assert bases[0] != bases[-1]


def test_places_and_spans_around_the_joint() -> None:
    assert place(10, 50, 100) == "11-60"
    assert place(90, 20, 100) == "91-10"
    marked = np.array([True, True, False, False, True])
    (span,) = marked_spans(marked, True, "x")
    assert (span.start, span.end, span.strand, span.label) == (4, 2, 0, "x")
    assert [(s.start, s.end) for s in marked_spans(marked, False, "x")] == [(0, 2), (4, 5)]
    assert [(s.start, s.end) for s in marked_spans(np.ones(3, dtype=np.bool_), True, "x")] == [(0, 3)]
    assert marked_spans(np.zeros(0, dtype=np.bool_), True, "x") == ()


# --- repeats


def naive_repeats(text: str, size: int, circular: bool) -> list[bool]:
    if not text or len(text) < size:
        return [False] * len(text)
    around = text + text[: size - 1] if circular else text
    windows = [around[at : at + size] for at in range(len(around) - size + 1)]
    forms = [window if "N" in window else min(window, reverse_complement(window)) for window in windows]
    repeated = ["N" not in form and forms.count(form) > 1 for form in forms]
    return repeated + [False] * (len(text) - len(repeated))


@given(molecules, st.integers(1, 12), st.booleans())
def test_repeated_windows_equal_a_naive_search(text: str, size: int, circular: bool) -> None:
    windows = repeated_windows(encode(text), size, circular)
    assert windows.tolist() == naive_repeats(text, size, circular)
    inside = {(at + n) % len(text) for at in np.flatnonzero(windows) for n in range(size)}
    assert repeated_bases(encode(text), size, circular) == len(inside)


# --- hairpins


def naive_stems(text: str, stem: int, loops: range, circular: bool) -> set[int]:
    """Bases of all pairs of arms that are reverse complements."""
    length, twice = len(text), text + text if circular else text
    paired: set[int] = set()
    for start in range(length):
        for arm in range(stem, length // 2 + 1):
            for loop in loops:
                end = start + 2 * arm + loop
                if end - start > length or end > len(twice):
                    break
                left, right = twice[start : start + arm], twice[end - arm : end]
                if "N" not in left and right == reverse_complement(left):
                    paired |= {(start + n) % length for n in range(arm)}
                    paired |= {(end - 1 - n) % length for n in range(arm)}
    return paired


@given(molecules, st.integers(1, 6), st.integers(0, 5), st.integers(0, 10), st.booleans(), st.integers(0, 39))
def test_hairpins_equal_a_naive_search_in_any_rotation_and_on_both_strands(
    text: str, stem: int, low: int, more: int, circular: bool, turn: int
) -> None:
    found = find_hairpins(encode(text), stem, low, low + more, circular)
    assert set(np.flatnonzero(found.paired).tolist()) == naive_stems(
        text, stem, range(low, low + more + 1), circular
    )
    other = reverse_complement(text)
    for same in (other, rotated(text, turn), rotated(other, turn)) if circular else (other,):
        again = find_hairpins(encode(same), stem, low, low + more, circular)
        assert (again.count, again.stem, again.paired.sum()) == (found.count, found.stem, found.paired.sum())
    if found.count:  # the longest hairpin is what it says
        around = (text + text)[found.start :]
        left = around[: found.stem]
        assert around[found.stem + found.loop : found.span] == reverse_complement(left)
        assert low <= found.loop <= low + more


def test_a_hairpin_has_its_arms_its_loop_and_its_place() -> None:
    arm = "GATTACAGATTACAGATTACC"
    text = random_dna(200, 1) + arm + "GAAA" + reverse_complement(arm) + random_dna(200, 2)
    found = find_hairpins(encode(text), 20, 3, 160, True)
    assert (found.count, found.start, found.stem, found.loop, found.span) == (1, 200, 21, 4, 46)
    assert found.text(len(text)) == "21+4+21 at 201-246"
    assert find_hairpins(encode(text), 21, 4, 4, True).count == 1
    assert find_hairpins(encode(text), 22, 3, 160, True).count == 0
    assert (
        find_hairpins(encode(text), 20, 7, 160, True).count == 0
    )  # 20 of the pairs leave 6 in the loop at most
    across = rotated(text, 210)
    assert find_hairpins(encode(across), 20, 3, 160, True).text(len(text)) == f"21+4+21 at {len(text) - 9}-36"
    assert find_hairpins(encode(across), 20, 3, 160, False).count == 0


def test_hairpins_of_molecules_without_any() -> None:
    for text in ("", "A", "N" * 100, "A" * 100):
        found = find_hairpins(encode(text), 4, 3, 10, True)
        assert (found.count, found.start, found.stem, found.paired.sum()) == (0, -1, 0, 0)


# --- sites


def naive_sites(text: str, site: str, circular: bool) -> list[Site]:
    if len(text) < len(site):
        return []
    around = text + text[: len(site) - 1] if circular else text
    opposite = "".join(
        next(letter for letter, bases in IUPAC.items() if set(bases) == set(reverse_complement(IUPAC[base])))
        for base in reversed(site)
    )
    found = []
    for at in range(len(around) - len(site) + 1):
        window = around[at : at + len(site)]
        for strand, pattern in ((1, site), (-1, opposite)):
            matches = all(base in IUPAC[letter] for base, letter in zip(window, pattern, strict=True))
            if matches and (strand == 1 or opposite != site):
                found.append(Site(at, strand))
    return found


@given(
    st.lists(st.one_of(st.sampled_from(ENZYMES), st.text("ACGTN", max_size=6)), max_size=4),
    st.sampled_from(ENZYMES),
    st.booleans(),
    st.integers(0, 99),
    st.randoms(use_true_random=False),
)
def test_sites_equal_a_naive_search_in_any_rotation_and_on_both_strands(
    parts: list[str], enzyme: str, circular: bool, turn: int, rng
) -> None:
    # Text with whole sites in it: chance alone makes few of six bases.
    text = "".join(
        "".join(rng.choice(IUPAC[letter]) for letter in recognition_site(part)) if part in ENZYMES else part
        for part in parts
    )
    text = rotated(reverse_complement(text) if rng.random() < 0.5 else text, turn)
    found = find_sites(encode(text), enzyme, circular)
    assert found == naive_sites(text, recognition_site(enzyme), circular)
    if circular:
        for same in (rotated(text, turn), reverse_complement(text)):
            assert len(find_sites(encode(same), enzyme, True)) == len(found)


@pytest.mark.parametrize("enzyme", ENZYMES)
def test_sites_agree_with_biopython(enzyme: str) -> None:
    from Bio import Restriction

    text = decode(encode(random_dna(20_000, 5))).decode()
    pattern = getattr(Restriction, enzyme).compsite  # a site on either strand, which may overlap the next
    assert len(find_sites(encode(text), enzyme, False)) == sum(1 for _ in re.finditer(pattern, text)) > 0


def test_sites_have_a_strand_and_cross_the_joint() -> None:
    text = "AAAGGTCTCAAAAAGAGACCAAA"
    assert find_sites(encode(text), "BsaI", True) == [Site(3, 1), Site(14, -1)]
    assert find_sites(encode(text.lower()), "BsaI", True) == [Site(3, 1), Site(14, -1)]
    assert sites_text("BsaI", find_sites(encode(text), "BsaI", True)) == "BsaI 2 sites (at 4, at 15 on -)"
    assert sites_text("BsaI", []) == "BsaI no site"
    across = rotated(text, 5)
    assert find_sites(encode(across), "BsaI", True) == [Site(9, -1), Site(21, 1)]
    assert find_sites(encode(across), "BsaI", False) == [Site(9, -1)]
    assert find_sites(encode("GAATTC"), "EcoRI", True) == [Site(0, 1)]
    assert find_sites(encode("GAATT"), "EcoRI", True) == []
    assert find_sites(encode("GCCNNNNNGGC"), "BglI", True) == [Site(0, 1)]  # any base may stand there
    assert find_sites(encode("GNATTC"), "EcoRI", True) == []


@pytest.mark.parametrize(
    ("name", "nearest"), [("BsaJJ", "BsaJI"), ("bsai", "BsaI"), ("BsmB1", "BsmBI"), ("Not", "NotI")]
)
def test_an_unknown_enzyme_is_refused_and_the_nearest_is_named(name: str, nearest: str) -> None:
    with pytest.raises(UnknownEnzymeError) as caught:
        recognition_site(name)
    assert str(caught.value) == f"unknown restriction enzyme `{name}`; did you mean `{nearest}`?"


@pytest.mark.parametrize("name", ["", "🧬", "a restriction enzyme", 7])
def test_what_is_no_name_of_an_enzyme_is_refused(name) -> None:
    with pytest.raises(UnknownEnzymeError, match="did you mean"):
        recognition_site(name)
