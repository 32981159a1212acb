"""The annotator: batches of sequences in, features out; circular, two-stranded, cached, threaded."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from threading import Lock

from rewards.plasmid.assemble import Reading, assemble
from rewards.plasmid.engine.bases import Codes, decode, encode, reverse_complement
from rewards.plasmid.engine.canonical import canonical_cut, read_from
from rewards.plasmid.engine.hits import find_hits
from rewards.plasmid.features import FEATURE_CLASSES, Feature
from rewards.plasmid.genes import MIN_GENE, find_genes, find_genes_on_open_circle
from rewards.plasmid.library.store import Library, load_library

CHUNK = 32
"""Sequences that are taken through one step before the next begins."""

CACHED_BASES = 32_000_000
"""Text kept in one annotator's cache, in bases."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A sequence and the features found on it, by start.

    Attributes:
        codes: Base codes as written, shape [length]; 4 is anything but A, C, G, T.
        circular: Whether the ends are joined.
        features: By start, then end.
    """

    codes: Codes
    circular: bool
    features: tuple[Feature, ...]

    @property
    def length(self) -> int:
        """Bases of the sequence."""
        return len(self.codes)


class Annotator:
    """Finds library features and genes. Safe to share between threads.

    Args:
        library: The feature library.
        circular: Whether the ends of every sequence are joined.
        workers: Threads that a batch is spread over; the kernels and the gene finder hold no lock.
    """

    def __init__(self, library: Library, circular: bool = True, workers: int = 1) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, got {workers}")
        self.library = library
        self.circular = circular
        self.workers = workers
        self._cache: OrderedDict[bytes, Annotation] = OrderedDict()
        self._cached_bases = 0
        self._lock = Lock()

    def annotate(self, sequences: Sequence[str]) -> list[Annotation]:
        """Annotate a batch; the result keeps the order, and equal sequences are annotated once.

        Args:
            sequences: Text of any kind: lower case counts as DNA, every other character as an unknown base.
        """
        keys = [
            hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            for text in sequences
        ]
        known: dict[bytes, Annotation] = {}
        missing: dict[bytes, str] = {}
        with self._lock:
            for key, text in zip(keys, sequences, strict=True):
                annotation = self._cache.get(key)
                if annotation is None:
                    missing[key] = text
                else:
                    self._cache.move_to_end(key)
                    known[key] = annotation
        texts = list(missing.values())
        size = max(1, min(CHUNK, -(-len(texts) // self.workers)))
        chunks = [texts[i : i + size] for i in range(0, len(texts), size)]
        if self.workers > 1 and len(chunks) > 1:
            with ThreadPoolExecutor(self.workers) as pool:
                found = list(pool.map(self._annotate_chunk, chunks))
        else:
            found = [self._annotate_chunk(chunk) for chunk in chunks]
        known.update(zip(missing, chain.from_iterable(found), strict=True))
        with self._lock:
            for key in missing:
                self._remember(key, known[key])
        return [known[key] for key in keys]

    def _remember(self, key: bytes, annotation: Annotation) -> None:
        if key in self._cache:
            return
        self._cache[key] = annotation
        self._cached_bases += annotation.length
        while self._cached_bases > CACHED_BASES:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bases -= dropped.length

    def _annotate_chunk(self, texts: Sequence[str]) -> list[Annotation]:
        """Annotate a few sequences, step by step: each step keeps its own tables in the processor's cache."""
        codes = [encode(text) for text in texts]
        cuts = [self._cut(sequence) for sequence in codes]
        readings = [
            Reading(read_from(c, cut, back), cut, back) for c, (cut, back, _) in zip(codes, cuts, strict=True)
        ]
        rows = [find_hits(r.line, self.circular, len(FEATURE_CLASSES), self.library.index) for r in readings]
        genes = [
            find_genes(decode(r.line)) if cuttable else find_genes_on_open_circle(decode(r.line))
            for r, (_, _, cuttable) in zip(readings, cuts, strict=True)
        ]
        return [
            Annotation(
                sequence, self.circular, tuple(assemble(reading, hits, calls, self.circular, self.library))
            )
            for sequence, reading, hits, calls in zip(codes, readings, rows, genes, strict=True)
        ]

    def _cut(self, codes: Codes) -> tuple[int, bool, bool]:
        """Where to begin reading, whether on the other strand, and whether that spares every gene."""
        if len(codes) == 0:
            return 0, False, True
        if self.circular:
            return canonical_cut(codes, MIN_GENE)
        return 0, decode(reverse_complement(codes)) < decode(codes), True


@cache
def default_annotator() -> Annotator:
    """The annotator that all plasmid rewards of a process share: default tier, circular."""
    return Annotator(load_library())
