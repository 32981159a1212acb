"""Finds features on batches of sequences: both strands, around the circle; cached, with threads."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from threading import Lock

from rewards.plasmid.assembly.assemble import CanonicalLine, assemble
from rewards.plasmid.assembly.genes import MIN_GENE, find_genes, find_genes_around_circle
from rewards.plasmid.engine.bases import Codes, decode, encode, reverse_complement
from rewards.plasmid.engine.canonical import canonical_cut, read_from
from rewards.plasmid.engine.hits import find_hits
from rewards.plasmid.features import FEATURE_CLASSES, Feature, FeatureClass
from rewards.plasmid.library.store import Library, load_library

CHUNK = 32
"""Sequences that one thread annotates together."""

CACHED_BYTES = 64_000_000
"""Largest total of `cached_bytes` in one annotator's cache."""

ENTRY_BYTES = 700
"""What an annotation without features takes in memory beside its bases, with its key; measured."""

FEATURE_BYTES = 400
"""What a feature takes in memory, with its text; measured."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A sequence and the features found on it.

    Attributes:
        codes: Base codes of the sequence as written, shape [length]; 4 is any letter but A, C, G, T.
        circular: Whether the ends are joined.
        features: Sorted by start, then end.
        parts: Small parts and open reading frames, sorted by start. Only readers see them, never a reward;
            empty unless they were searched.
    """

    codes: Codes
    circular: bool
    features: tuple[Feature, ...]
    parts: tuple[Feature, ...] = ()

    @property
    def length(self) -> int:
        """Length of the sequence, in bases."""
        return len(self.codes)

    def of_class(self, feature_class: FeatureClass) -> list[Feature]:
        """The features of one class, in the order of `features`."""
        return [feature for feature in self.features if feature.feature_class == feature_class]


class Annotator:
    """Finds library features and genes. Can be shared between threads.

    Args:
        library: The feature library.
        circular: Whether the ends of every sequence are joined.
        workers: Threads per batch. The kernels and the gene finder release Python's global lock.

    Raises:
        ValueError: If `workers` is below 1.
    """

    def __init__(self, library: Library, circular: bool = True, workers: int = 1) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, got {workers}")
        self.library = library
        self.circular = circular
        self.workers = workers
        self._cache: OrderedDict[bytes, Annotation] = OrderedDict()
        self._cached_bytes = 0
        self._lock = Lock()

    def annotate(self, sequences: Sequence[str]) -> list[Annotation]:
        """One annotation per sequence, in order. Equal sequences are annotated once.

        Args:
            sequences: Any text. Case does not matter; every character but A, C, G, T is an unknown base.
        """
        keys = [
            hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            for text in sequences
        ]
        annotations: dict[bytes, Annotation] = {}
        missing: dict[bytes, str] = {}
        with self._lock:
            for key, text in zip(keys, sequences, strict=True):
                cached = self._cache.get(key)
                if cached is None:
                    missing[key] = text
                else:
                    self._cache.move_to_end(key)
                    annotations[key] = cached
        texts = list(missing.values())
        size = max(1, min(CHUNK, -(-len(texts) // self.workers)))
        chunks = [texts[i : i + size] for i in range(0, len(texts), size)]
        if self.workers > 1 and len(chunks) > 1:
            with ThreadPoolExecutor(self.workers) as pool:
                annotated = list(pool.map(self._annotate_chunk, chunks))
        else:
            annotated = [self._annotate_chunk(chunk) for chunk in chunks]
        annotations.update(zip(missing, chain.from_iterable(annotated), strict=True))
        with self._lock:
            for key in missing:
                self._remember(key, annotations[key])
        return [annotations[key] for key in keys]

    def _remember(self, key: bytes, annotation: Annotation) -> None:
        if key in self._cache:
            return
        self._cache[key] = annotation
        self._cached_bytes += cached_bytes(annotation)
        while self._cached_bytes > CACHED_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= cached_bytes(dropped)

    def _annotate_chunk(self, texts: Sequence[str]) -> list[Annotation]:
        """One annotation per text; each step runs on all texts, so that its tables stay in the CPU cache."""
        codes = [encode(text) for text in texts]
        cuts = [self._cut(sequence) for sequence in codes]
        lines = [
            CanonicalLine(read_from(sequence, cut, backwards), cut, backwards)
            for sequence, (cut, backwards, _) in zip(codes, cuts, strict=True)
        ]
        hits = [
            find_hits(line.codes, self.circular, len(FEATURE_CLASSES), self.library.index) for line in lines
        ]
        genes = [
            find_genes(decode(line.codes)) if cuttable else find_genes_around_circle(decode(line.codes))
            for line, (_, _, cuttable) in zip(lines, cuts, strict=True)
        ]
        return [
            Annotation(
                sequence, self.circular, tuple(assemble(line, rows, calls, self.circular, self.library))
            )
            for sequence, line, rows, calls in zip(codes, lines, hits, genes, strict=True)
        ]

    def _cut(self, codes: Codes) -> tuple[int, bool, bool]:
        """`(cut, backwards, cuttable)` as from `canonical_cut`; on a line only the strand is chosen."""
        if len(codes) == 0:
            return 0, False, True
        if self.circular:
            return canonical_cut(codes, MIN_GENE)
        return 0, decode(reverse_complement(codes)) < decode(codes), True


def cached_bytes(annotation: Annotation) -> int:
    """About what an annotation takes in the cache, in bytes: a million short ones are bounded too."""
    return annotation.length + ENTRY_BYTES + FEATURE_BYTES * len(annotation.features)


@cache
def default_annotator() -> Annotator:
    """The annotator that all plasmid rewards of a process share: default library tier, circular sequences."""
    return Annotator(load_library())
