"""Builds a library once and caches it under a hash of the data and the code that it is built from."""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from rewards.files.cache_dir import cache_dir
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.engine.index import FeatureIndex, SeedTable, build_index
from rewards.plasmid.features import FEATURE_CLASSES, FeatureClass
from rewards.plasmid.library.cluster import cluster
from rewards.plasmid.library.entry import LibraryFeature
from rewards.plasmid.library.tiers import tiers_named
from rewards.plasmid.library.whole_parts import whole_parts

_BUILDER = [*sorted(Path(__file__).parent.glob("*.py")), Path(__file__).parent.parent / "engine" / "index.py"]


@dataclass(frozen=True)
class Library:
    """Clustered features and their index; its targets `2 i` and `2 i + 1` are feature `i` on both strands."""

    features: tuple[LibraryFeature, ...]
    index: FeatureIndex
    key: str

    @cached_property
    def labels(self) -> list[tuple[str, FeatureClass, int]]:
        """Name, class and length in bases of each feature."""
        return [(entry.name, entry.feature_class, len(entry.sequence)) for entry in self.features]


def library_key(tiers: tuple[str, ...]) -> str:
    """Hash of the names of the tiers, their data files and the code that builds the library."""
    digest = hashlib.blake2b("+".join(tiers).encode(), digest_size=16)
    files = [path for tier in tiers_named(tiers) for path in tier.files()]
    for path in [*_BUILDER, *files]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_library(features: list[LibraryFeature], key: str = "") -> Library:
    """A library of these features, clustered and indexed; nothing is cached."""
    representatives = tuple(cluster(features))
    index = build_index(
        [encode(feature.sequence) for feature in representatives],
        [FEATURE_CLASSES.index(feature.feature_class) for feature in representatives],
    )
    return Library(representatives, index, key)


def _save(library: Library, path: Path) -> None:
    arrays: dict[str, np.ndarray] = {}
    for field, value in library.index._asdict().items():
        if isinstance(value, SeedTable):
            arrays |= {f"{field}.{part}": array for part, array in value._asdict().items()}
        else:
            arrays[field] = value
    text = json.dumps([asdict(feature) for feature in library.features])
    arrays["features"] = np.frombuffer(text.encode(), dtype=np.uint8)
    handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        os.replace(scratch, path)  # so that no reader sees a half-written file
    finally:
        Path(scratch).unlink(missing_ok=True)


def _load(path: Path, key: str) -> Library:
    with np.load(path, allow_pickle=False) as arrays:
        features = tuple(LibraryFeature(**entry) for entry in json.loads(arrays["features"].tobytes()))
        values: dict[str, object] = {
            name: SeedTable(*(arrays[f"{name}.{part}"] for part in SeedTable._fields))
            if f"{name}.bits" in arrays
            else arrays[name]
            for name in FeatureIndex._fields
        }
    return Library(features, FeatureIndex(**values), key)  # type: ignore[arg-type]


@cache
def load_library(tiers: tuple[str, ...] = ("default",)) -> Library:
    """The library of the given tiers, read from the cache; the first call on a machine builds it.

    Args:
        tiers: Keys of `tiers.TIERS`. If features of several tiers fall into one cluster, the first one
            represents it.

    Raises:
        UnknownTierError: If a tier does not exist.
        MissingDataPackageError: If a data package of a tier is not installed.
    """
    key = library_key(tiers)
    path = cache_dir() / f"library-{key}.npz"
    if path.exists():
        return _load(path, key)
    features = [feature for tier in tiers_named(tiers) for feature in tier.features()]
    library = make_library(whole_parts(features), key)
    _save(library, path)
    return library
