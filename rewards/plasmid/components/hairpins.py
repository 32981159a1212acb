"""Hairpins: stretches that pair with their reverse complement nearby. They stop synthesis and sequencing."""

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.lab.hairpins import LOOP, STEM, find_hairpins
from rewards.plasmid.lab.runs import marked_spans
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class HairpinStems(PlasmidReward):
    """Share of bases outside the stems of hairpins.

    Formula: 1 - min(1, s / length + `presence` x min(1, s / (2 x stem))), where s is the number of bases in
    stems: two arms of at least `stem` bases that are exact reverse complements, with `min_loop` to `max_loop`
    bases between them, around the circle. Range [0, 1]. Unit: share of bases. Source: DNA Chisel's
    `AvoidHairpins`, with the form of `repeats`, so that one hairpin costs `presence`.

    Raises:
        ValueError: If `stem` is below 2, `presence` is not in [0, 1], or not 0 <= min_loop <= max_loop.
    """

    stem: int = STEM
    min_loop: int = LOOP[0]
    max_loop: int = LOOP[1]
    presence: float = 0.3

    name = "hairpins"

    def __post_init__(self) -> None:
        if self.stem < 2:
            raise ValueError(f"needs a stem of at least 2, got {self.stem}")
        if not 0 <= self.min_loop <= self.max_loop:
            raise ValueError(f"needs 0 <= min_loop <= max_loop, got {self.min_loop} and {self.max_loop}")
        if not 0.0 <= self.presence <= 1.0:
            raise ValueError(f"needs a presence in [0, 1], got {self.presence}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the bases of one molecule that are not in stems."""
        length, circular = annotation.length, annotation.circular
        found = find_hairpins(annotation.codes, self.stem, self.min_loop, self.max_loop, circular)
        in_stems = int(found.paired.sum())
        loss = in_stems / max(1, length) + self.presence * min(1.0, in_stems / (2 * self.stem))
        message = f"{in_stems} bp in stems of {self.stem} or more"
        if found.count:
            many = f"{found.count} hairpins, longest" if found.count > 1 else "1 hairpin,"
            message = f"{message}; {many} {found.text(length)}"
        return Evaluation(max(0.0, 1.0 - loss), message, marked_spans(found.paired, circular, "hairpin stem"))
