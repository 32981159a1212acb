"""Scoring plasmids one record at a time with everything there is to say about each."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.base import Batch, Evaluation, Sample
from rewards.compose import RewardSuite
from rewards.plasmid.annotator import Annotation, Annotator
from rewards.plasmid.library.store import Library
from rewards.plasmid.sequence_files import SequenceRecord

BATCH = 256
"""Records that are annotated and scored together."""


@dataclass(frozen=True)
class Explained:
    """A record, what was found on it and what each part of the suite says."""

    record: SequenceRecord
    annotation: Annotation
    evaluations: dict[str, Evaluation]
    weights: dict[str, float]
    total: float

    def as_json(self) -> dict[str, Any]:
        """The record as plain data; a total or score that does not exist is null."""
        return {
            "id": self.record.id,
            "length": self.annotation.length,
            "topology": "circular" if self.record.circular else "linear",
            "features": [
                {
                    "class": feature.feature_class,
                    "name": feature.name,
                    "start": feature.start,
                    "end": feature.end,
                    "strand": feature.strand,
                    "identity": round(feature.identity, 4),
                    "coverage": round(feature.coverage, 4),
                    "fragment": feature.fragment,
                }
                for feature in self.annotation.features
            ],
            "components": {
                name: {"score": evaluation.score, "weight": self.weights[name], "message": evaluation.message}
                for name, evaluation in self.evaluations.items()
            },
            "total": None if math.isnan(self.total) else self.total,
        }


def explain(
    records: Iterator[SequenceRecord], suite: RewardSuite, library: Library, workers: int
) -> Iterator[Explained]:
    """Annotate and score records, in order, a batch at a time.

    Args:
        records: Any number of records.
        suite: What to score with; its switched-off components are reported too.
        library: What to annotate with.
        workers: Threads that annotate.
    """
    annotators = {circular: Annotator(library, circular, workers) for circular in (True, False)}
    batch: list[SequenceRecord] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield from _explain_batch(batch, suite, annotators)
            batch = []
    yield from _explain_batch(batch, suite, annotators)


def _explain_batch(
    batch: Sequence[SequenceRecord], suite: RewardSuite, annotators: dict[bool, Annotator]
) -> list[Explained]:
    explained: dict[int, Explained] = {}
    for circular, annotator in annotators.items():
        places = [place for place, record in enumerate(batch) if record.circular is circular]
        annotations = annotator.annotate([batch[place].sequence for place in places])
        samples = [Sample("", batch[place].sequence) for place in places]
        scores = suite.score(Batch(samples, annotator), report=suite.monitored)
        for number, place in enumerate(places):
            evaluations = {name: found[number] for name, found in scores.evaluations.items()}
            explained[place] = Explained(
                batch[place], annotations[number], evaluations, scores.weights, float(scores.totals[number])
            )
    return [explained[place] for place in range(len(batch))]
