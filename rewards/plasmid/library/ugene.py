"""Optional tier: the feature list of UGENE (Debian package ugene-data, GPL-2 or later)."""

import csv
import os
from pathlib import Path

from rewards.plasmid.features import FeatureClass
from rewards.plasmid.library.entry import LibraryFeature
from rewards.plasmid.library.packages import MissingDataPackageError
from rewards.plasmid.library.sources import MIN_BASES, NOT_A_FEATURE

DEFAULT_PATH = "/usr/share/ugene/data/custom_annotations/plasmid_features.txt"

CLASS_OF_TYPE: dict[str, FeatureClass] = {
    "promoter": "promoter",
    "terminator": "terminator",
    "replication origin": "ori",
    "selectable marker": "marker",
    "reporter gene": "cds",
}


def files() -> list[Path]:
    """Path of the feature list: `$UGENE_FEATURES`, else `DEFAULT_PATH`.

    Raises:
        MissingDataPackageError: If the file does not exist.
    """
    path = Path(os.environ.get("UGENE_FEATURES") or DEFAULT_PATH)
    if not path.is_file():
        raise MissingDataPackageError(
            f"the tier ugene needs the file {path}: install ugene-data or set UGENE_FEATURES to its path"
        )
    return [path]


def features() -> list[LibraryFeature]:
    """Promoters, terminators, origins, markers and reporter genes of the list; primers are left out."""
    (path,) = files()
    found: list[LibraryFeature] = []
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(line for line in lines if not line.startswith("#")):
            if len(row) < 3:
                continue
            name, feature_type, sequence = row[0].strip(), row[1].strip().lower(), row[2].strip().upper()
            feature_class = CLASS_OF_TYPE.get(feature_type.replace("_", " "))
            if feature_class is not None and len(sequence) >= MIN_BASES and not NOT_A_FEATURE.search(name):
                found.append(LibraryFeature(name.replace("_", " "), feature_class, sequence, "ugene-data"))
    return found
