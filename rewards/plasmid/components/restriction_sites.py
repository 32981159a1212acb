"""Recognition sites of restriction enzymes."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Span
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.lab.sites import find_sites, refuse_unclear_lists, site_spans, sites_text
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class RestrictionSites(PlasmidReward):
    """Enzymes that must not cut, and enzymes that must cut once.

    Formula: the mean over all named enzymes of 1 / (1 + n) for `avoid_sites` and of 1 / n, or 0 without a
    site, for `single_sites`, where n is the number of recognition sites around the circle, on both strands. A
    site that reads the same on both strands counts once; an unknown base only matches an N. Range [0, 1].
    Unit: share of enzymes. Source: the sites are those of Biopython's copy of REBASE.

    Raises:
        UnknownEnzymeError: If there is no such enzyme; the message names the nearest.
        ValueError: If no enzyme is named, or one is named twice.
    """

    avoid_sites: Sequence[str] = ()
    single_sites: Sequence[str] = ()

    name = "restriction_sites"

    def __post_init__(self) -> None:
        refuse_unclear_lists(self.avoid_sites, self.single_sites)
        for field in ("avoid_sites", "single_sites"):  # a list from a suite file could change later
            object.__setattr__(self, field, tuple(getattr(self, field)))
        if not (self.avoid_sites or self.single_sites):
            raise ValueError("names no enzyme: needs avoid_sites or single_sites, such as [BsaI, BsmBI]")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Mean credit of the enzymes for one molecule."""
        credits: list[float] = []
        texts: list[str] = []
        spans: list[Span] = []
        for enzyme in (*self.avoid_sites, *self.single_sites):
            sites = find_sites(annotation.codes, enzyme, annotation.circular)
            if enzyme in self.avoid_sites:
                credits.append(1.0 / (1 + len(sites)))
                unwanted = sites
            else:
                credits.append(1.0 / len(sites) if sites else 0.0)
                unwanted = sites if len(sites) > 1 else []
            texts.append(sites_text(enzyme, sites))
            spans += site_spans(unwanted, enzyme, annotation.length)
        return Evaluation(sum(credits) / len(credits), ", ".join(texts), tuple(spans))
