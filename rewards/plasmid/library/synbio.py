"""Optional tier: the features of the package synbio (GPL-2.0), SnapGene's plasmid features and iGEM parts.

The package contains them as a pickle of Biopython records. Reading it runs no code of the pickle: only four
classes are allowed, and each is replaced by an empty class defined here.
"""

import io
import pickle
from pathlib import Path
from typing import Any

from typing_extensions import override

from rewards.plasmid.features import FeatureClass
from rewards.plasmid.library.entry import LibraryFeature
from rewards.plasmid.library.packages import package_files
from rewards.plasmid.library.sources import CLASS_OF_TYPE, MIN_BASES, NOT_A_FEATURE, SELECTION_MARKER

LONGEST = {"promoter": 1500, "terminator": 800, "ori": 4000, "marker": 2500, "cds": 4500}
"""Longest entry that is read, in bases. Longer ones are whole devices under the name of one iGEM part."""


class _Record:
    """Replaces a Biopython class; keeps its attributes."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class _Mapping(dict[str, Any]):
    """Replaces a Biopython mapping of letter annotations, which are not needed."""

    def __setstate__(self, state: object) -> None:
        pass


_ALLOWED: dict[tuple[str, str], type] = {
    ("Bio.SeqRecord", "SeqRecord"): _Record,
    ("Bio.Seq", "Seq"): _Record,
    ("Bio.Alphabet", "Alphabet"): _Record,
    ("Bio.SeqRecord", "_RestrictedDict"): _Mapping,
}


class _RecordReader(pickle.Unpickler):
    """An unpickler that creates only the classes in `_ALLOWED`."""

    @override
    def find_class(self, module: str, name: str) -> type:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"the synbio data contains the class {module}.{name}, which is not allowed"
            )
        return _ALLOWED[module, name]


def read_records(data: bytes) -> dict[str, Any]:
    """The records in the pickle, by id, as plain objects with the attributes of a Biopython record.

    Raises:
        pickle.UnpicklingError: If the data contains a class that is not allowed.
    """
    records: dict[str, Any] = _RecordReader(io.BytesIO(data)).load()
    return records


def files() -> list[Path]:
    """The data file of synbio with the DNA features, in a list.

    Raises:
        MissingDataPackageError: If synbio is not installed.
    """
    return package_files("synbio", "dna.id.pickle")


def features() -> list[LibraryFeature]:
    """Promoters, terminators, poly(A) signals, origins, markers and genes of synbio."""
    (path,) = files()
    found: list[LibraryFeature] = []
    for record in read_records(path.read_bytes()).values():
        name, sequence = str(record.name), str(record._seq._data).upper()
        feature_class: FeatureClass | None = CLASS_OF_TYPE.get(record.annotations.get("type", ""))
        if feature_class == "cds" and SELECTION_MARKER.search(name):
            feature_class = "marker"
        if feature_class is None or NOT_A_FEATURE.search(name):
            continue
        if MIN_BASES <= len(sequence) <= LONGEST[feature_class]:
            found.append(LibraryFeature(name, feature_class, sequence, "synbio"))
    return found
