"""Quality control of a molecule: a yes or no that stands beside the reward and is never trained on.

Source: the filter of PlasmidRL's successor (`qc/filter.py`): exactly one origin and one resistance gene,
found at 85 % identity and 80 % coverage, the origin at 99 % and the gene at 100 % identity, and no exact
repeat of 50 bases.
"""

from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.ori import is_bacterial_ori
from rewards.plasmid.components.repeats import repeated_outside_terminal_repeats
from rewards.plasmid.engine.repeats import repeated_bases
from rewards.plasmid.families import family_of
from rewards.plasmid.features import Feature
from rewards.plasmid.selection import is_bacterial_marker

MAX_REPEAT = 50
"""Bases from which an exact repeat fails."""

FOUND_IDENTITY, FOUND_COVERAGE = 0.85, 0.80
STRICT_ORI_IDENTITY, STRICT_MARKER_IDENTITY = 0.99, 1.0


@dataclass(frozen=True)
class QualityControl:
    """The result of one molecule.

    Attributes:
        passed: Exactly one whole bacterial origin, exactly one whole bacterial marker, and no exact repeat of
            50 bases outside the terminal repeats of viral vectors.
        published: Whether the molecule passes the published rule, with its thresholds.
        origins: Families of the whole bacterial origins, in order.
        markers: Families of the whole bacterial markers, in order.
        reason: Why it does not pass; empty if it does.
    """

    passed: bool
    published: bool
    origins: tuple[str, ...]
    markers: tuple[str, ...]
    reason: str


def quality_control(annotation: Annotation) -> QualityControl:
    """The quality control of one annotated molecule."""
    origins = [f for f in annotation.of_class("ori") if is_bacterial_ori(f) and not f.defect]
    markers = [
        f for f in annotation.of_class("marker") if is_bacterial_marker(f, annotation) and not f.defect
    ]
    reasons = []
    if len(origins) != 1:
        reasons.append(f"{len(origins)} whole bacterial origins")
    if len(markers) != 1:
        reasons.append(f"{len(markers)} whole bacterial markers")
    repeated = repeated_outside_terminal_repeats(annotation, MAX_REPEAT)
    if repeated:
        reasons.append(f"{repeated} bases in repeats of {MAX_REPEAT} or more")
    return QualityControl(
        not reasons,
        _published(annotation),
        tuple(family_of(f.name, "ori").name for f in origins),
        tuple(family_of(f.name, "marker").name for f in markers),
        "; ".join(reasons),
    )


def _published(annotation: Annotation) -> bool:
    """Whether a molecule passes the published rule: every origin and every marker of the library counts."""
    origins = [feature for feature in annotation.of_class("ori") if _is_found(feature)]
    markers = [feature for feature in annotation.of_class("marker") if _is_found(feature)]
    return (
        len(origins) == 1
        and len(markers) == 1
        and origins[0].identity >= STRICT_ORI_IDENTITY
        and markers[0].identity >= STRICT_MARKER_IDENTITY
        and repeated_bases(annotation.codes, MAX_REPEAT, annotation.circular) == 0
    )


def _is_found(feature: Feature) -> bool:
    return feature.identity >= FOUND_IDENTITY and feature.coverage >= FOUND_COVERAGE
