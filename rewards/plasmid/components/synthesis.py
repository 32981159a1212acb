"""Limits of a DNA vendor."""

from dataclasses import dataclass

import numpy as np

from rewards.base import Evaluation, Span
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN
from rewards.plasmid.lab.limits import unknown_letters
from rewards.plasmid.lab.vendors import product_named
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Synthesis(PlasmidReward):
    """Share of a vendor's limits that a molecule keeps.

    Formula: kept limits / limits of the product x known bases / length; 0 without bases. Range [0, 1]. Unit:
    share of limits. Source: `rewards/plasmid/lab/vendors.yaml`, which names the source of each limit.

    Raises:
        UnknownProductError: If `vendor` is no vendor product; the message names the nearest.
    """

    vendor: str

    name = "synthesis"

    def __post_init__(self) -> None:
        product_named(self.vendor)

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the limits that one molecule keeps."""
        product = product_named(self.vendor)
        broken = product.violations(annotation)
        kept = 1.0 - len(broken) / len(product.limits)
        known = int(np.count_nonzero(annotation.codes < UNKNOWN)) / max(1, annotation.length)
        if (letters := unknown_letters(annotation)) is not None:
            broken = [letters, *broken]
        message = "; ".join(v.message for v in broken) or f"all limits of {product.name} are kept"
        spans = tuple(Span(*v.stretch, 0, v.limit) for v in broken if v.stretch)
        return Evaluation(kept * known, message, spans)
