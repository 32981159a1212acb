"""One feature of the library."""

from dataclasses import dataclass

from rewards.plasmid.features import FeatureClass


@dataclass(frozen=True, slots=True)
class LibraryFeature:
    """A named sequence, read on the + strand of the feature, and the source it was taken from."""

    name: str
    feature_class: FeatureClass
    sequence: str
    source: str
