"""Families and hosts of library parts: the type of an origin, and the cells that a part works in."""

import re
from functools import cache
from typing import Literal, NamedTuple

from rewards.plasmid.features import FeatureClass

Host = Literal["bacterial", "phage", "eukaryotic", "dual", "unknown"]
"""`phage` origins need a helper phage. `dual` markers select bacteria or other cells, by their promoter."""


class Family(NamedTuple):
    """What kind of part a library name stands for: the family's name and its host."""

    name: str
    host: Host


_FAMILIES: dict[str, tuple[tuple[str, str, Host], ...]] = {
    "ori": (
        (r"\bpRO1600", "pRO1600", "bacterial"),
        (r"pUC|pMB1|pBR322|ColE1", "ColE1", "bacterial"),
        (r"p15A", "p15A", "bacterial"),
        (r"pSC101|Rep101", "pSC101", "bacterial"),
        (r"\bRK2|RP4", "RK2", "bacterial"),
        (r"pBBR1", "pBBR1", "bacterial"),
        (r"RSF101", "RSF1010", "bacterial"),
        (r"R6K", "R6K", "bacterial"),
        (r"pVS1", "pVS1", "bacterial"),
        (r"F plasmid", "F", "bacterial"),
        (r"CloDF13", "CloDF13", "bacterial"),
        (r"RSF1030", "RSF1030", "bacterial"),
        (r"ColA", "ColA", "bacterial"),
        (r"\bpSa\b", "pSa", "bacterial"),
        (r"\b(f1|M13)\b", "f1", "phage"),
        (r"2.?(micron|µ|mu)|CEN|ARS", "yeast", "eukaryotic"),
        (r"SV40|polyoma|EBV|oriP", "viral", "eukaryotic"),
    ),
    "marker": (
        (r"AmpR|\bbla\b|blaTEM|\bAp\b", "ampicillin", "bacterial"),
        (r"CmR|\bcat\b|catA1", "chloramphenicol", "bacterial"),
        (r"NeoR|nptII|aph\(3'\)-IIa", "kanamycin", "dual"),
        (r"KanR|\bKm\b|aph\(3'\)|aadD", "kanamycin", "bacterial"),
        (r"SmR|SpecR|\bSm/Sp\b|aadA|ant\(3''\)|aph\(3''\)|aph\(6\)", "streptomycin", "bacterial"),
        (r"TetR/TetA|\btet\([A-Z]\)|\bTet\b", "tetracycline", "bacterial"),
        (r"\bGm\b|aac\(", "gentamicin", "bacterial"),
        (r"ZeoR|ZeocinR|Sh ble|bleO", "zeocin", "dual"),
        (r"HygR|\bhph|aph\(4\)", "hygromycin", "dual"),
        (r"BlastR|bsr|bsd", "blasticidin", "dual"),
        (r"PuroR|\bpac\b", "puromycin", "eukaryotic"),
        (r"\bNAT\b|nourseothricin", "nourseothricin", "eukaryotic"),
        (r"\berm", "erythromycin", "bacterial"),
        (r"\bfosA", "fosfomycin", "bacterial"),
        (r"\bsul1", "sulfonamide", "bacterial"),
        (r"\bdfr", "trimethoprim", "bacterial"),
        (r"\b(TRP1|URA3|LEU2|HIS3|LYS2|ADE2|MET15)\b", "auxotrophy", "eukaryotic"),
        (r"\b(bar|pat)\b", "phosphinothricin", "eukaryotic"),
    ),
    "promoter": (
        (
            r"CMV|actin|EF-1|\b[Hh]?PGK|\bH1\b|HSV|TRE|polyhedrin|p10|nmt1|SFFV|hSyn|UbC|ADH1|MET17|SNR52|\bMAS\b"
            r"|TRP1|\bIE1|hsp70|U6|RSV|SV40|GAL1|TEF1|CaMV|NOS|\bPp[A-Z]|\bSc[A-Z]|CUP1|tRNA|LEU2|HIS3|URA3",
            "eukaryotic",
            "eukaryotic",
        ),
        (r"", "bacterial", "bacterial"),
    ),
}
"""Patterns of library names by class, first match wins: pattern, family, host."""


@cache
def family_of(name: str, feature_class: FeatureClass) -> Family:
    """Family and host of a library part; `unknown` for a name that no pattern knows and for other classes."""
    for pattern, family, host in _FAMILIES.get(feature_class, ()):
        if re.search(pattern, name, 0 if feature_class == "promoter" else re.IGNORECASE):
            return Family(family, host)
    return Family("unknown", "unknown")
