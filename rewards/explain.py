"""Scores plasmids and returns annotation, component scores and messages of each record."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from rewards.base import Batch, Evaluation, Sample
from rewards.compose import RewardSuite
from rewards.plasmid.annotator import Annotation, Annotator
from rewards.plasmid.files.record import SequenceRecord
from rewards.plasmid.library.store import Library
from rewards.plasmid.parts.find import PartFinder
from rewards.plasmid.parts.own import NO_FEATURES, OwnFeatures
from rewards.plasmid.quality_control import QualityControl, quality_control
from rewards.plasmid.shown import shown_class

BATCH = 256
"""Most records that are annotated and scored together."""
BATCH_BASES = 4_000_000
"""Number of bases after which a batch is complete, so that long records do not fill the memory."""


@dataclass(frozen=True)
class Explained:
    """A record with its annotation, its evaluation by each component, by name, and its total.

    Attributes:
        record: The sequence.
        annotation: Its features.
        evaluations: Component → evaluation.
        weights: Component → weight in the total; negative for a penalty.
        total: The suite's total, in [0, 1]; NaN if it could not be scored.
        notes: What else is known of it, by name; written to every kind of file that has a place for it.
    """

    record: SequenceRecord
    annotation: Annotation
    evaluations: dict[str, Evaluation]
    weights: dict[str, float]
    total: float
    notes: dict[str, str | float] = field(default_factory=dict)

    @cached_property
    def quality(self) -> QualityControl:
        """The quality control of the molecule, which stands beside the scores."""
        return quality_control(self.annotation)

    @property
    def topology(self) -> str:
        """`circular` or `linear`."""
        return "circular" if self.record.circular else "linear"

    def as_json(self) -> dict[str, Any]:
        """This record as JSON data. A missing total or score is null."""
        return {
            "file": self.record.source,
            "id": self.record.id,
            "length": self.annotation.length,
            "topology": self.topology,
            "features": [
                {
                    "class": shown_class(feature),
                    "name": feature.name,
                    "start": feature.start,
                    "end": feature.end,
                    "strand": feature.strand,
                    "identity": round(feature.identity, 4),
                    "coverage": round(feature.coverage, 4),
                    "fragment": feature.fragment,
                    "defect": feature.defect,
                }
                for feature in (*self.annotation.features, *self.annotation.parts)
            ],
            "components": {
                name: {"score": evaluation.score, "weight": self.weights[name], "message": evaluation.message}
                for name, evaluation in self.evaluations.items()
            },
            "quality": asdict(self.quality),
            **({"notes": self.notes} if self.notes else {}),
            "total": None if math.isnan(self.total) else self.total,
        }


def explain(
    records: Iterable[SequenceRecord],
    suite: RewardSuite,
    library: Library,
    workers: int,
    own: OwnFeatures = NO_FEATURES,
) -> Iterator[Explained]:
    """Yield one explained record per record, in order. Records are read and scored in batches.

    Args:
        records: Any number of records.
        suite: The suite that scores them. Its components of weight 0 are reported too.
        library: The feature library for the annotation.
        workers: Number of annotation threads.
        own: The user's features. Those of classes that rewards read join the library and count in scores.
    """
    joined = own.join(library)
    annotators = {circular: Annotator(joined, circular, workers) for circular in (True, False)}
    finder = PartFinder(own.parts)
    batch: list[SequenceRecord] = []
    bases = 0
    for record in records:
        batch.append(record)
        bases += len(record.sequence)
        if len(batch) == BATCH or bases >= BATCH_BASES:
            yield from _explain_batch(batch, suite, annotators, finder)
            batch, bases = [], 0
    yield from _explain_batch(batch, suite, annotators, finder)


def _explain_batch(
    batch: Sequence[SequenceRecord],
    suite: RewardSuite,
    annotators: dict[bool, Annotator],
    finder: PartFinder,
) -> list[Explained]:
    explained: dict[int, Explained] = {}
    for circular, annotator in annotators.items():
        indices = [index for index, record in enumerate(batch) if record.circular is circular]
        annotations = annotator.annotate([batch[index].sequence for index in indices])
        samples = [Sample("", batch[index].sequence) for index in indices]
        scores = suite.score(Batch(samples, annotator), report=suite.monitored)
        for n, index in enumerate(indices):
            evaluations = {name: of_reward[n] for name, of_reward in scores.evaluations.items()}
            explained[index] = Explained(
                batch[index],
                replace(annotations[n], parts=finder.find(annotations[n])),
                evaluations,
                scores.weights,
                float(scores.totals[n]),
            )
    return [explained[index] for index in range(len(batch))]
