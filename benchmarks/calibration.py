"""Measures how well the reference score of the plasmid task agrees with quality control.

    python benchmarks/calibration.py                          # public plasmids, data packages, fillers
    python benchmarks/calibration.py runs/latest/*/samples.jsonl starter.fa --json

Quality control is a yes or no (`rewards.plasmid.quality_control`). The AUC is the chance that a molecule that
passes it has a higher reference score than one that does not, ties counted as a half. It is measured over all
molecules and inside each group that has both kinds. A group is a folder of public plasmids, a data package,
constructed molecules, or a file: FASTA, GenBank, or samples of a run (lines with `prompt` and `completion`).

Quality control counts parts and repeats, and does not see what is between the parts. So whole parts in filler
pass it and score low; they are a group of their own.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks.recall import FOLDER, read_annotated, reverse_complement, substitute  # noqa: E402
from rewards.base import Sample  # noqa: E402
from rewards.plasmid.annotator import default_annotator  # noqa: E402
from rewards.plasmid.files.read import read_paths  # noqa: E402
from rewards.plasmid.files.record import Problem, SequenceRecord  # noqa: E402
from rewards.plasmid.library.corpus import annotated_plasmids  # noqa: E402
from rewards.plasmid.library.store import load_library  # noqa: E402
from rewards.plasmid.quality_control import quality_control  # noqa: E402
from rewards.plasmid.suite import reference_suite  # noqa: E402

PROMPT = 12
"""Bases of a molecule that count as its prompt if the file does not say which do."""

SEEDS = 20
"""Molecules of each constructed kind."""


@dataclass(frozen=True)
class Judged:
    """Reference scores of the molecules of a group, and the results of quality control; shape [n] each."""

    name: str
    totals: NDArray[np.float64]
    passed: NDArray[np.bool_]
    published: NDArray[np.bool_]
    complete: NDArray[np.bool_]
    """Whether a molecule has a whole bacterial origin and a whole bacterial marker, however many."""

    def row(self) -> dict[str, Any]:
        """The figures of the group."""
        return {
            "group": self.name,
            "n": len(self.totals),
            "qc": float(self.passed.mean()),
            "qc_published": float(self.published.mean()),
            "median": float(np.median(self.totals)),
            "complete": int(self.complete.sum()),
            "median_complete": float(np.median(self.totals[self.complete])) if self.complete.any() else None,
            "auc": auc(self.totals, self.passed),
        }


def auc(scores: NDArray[np.float64], passed: NDArray[np.bool_]) -> float | None:
    """Chance that a passing molecule scores higher than a failing one; None without one of the two."""
    good, bad = scores[passed], np.sort(scores[~passed])
    if len(good) == 0 or len(bad) == 0:
        return None
    below = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    return float(below.mean() / 2 / len(bad))


def judge(name: str, samples: list[Sample]) -> Judged:
    """Reference scores and quality control of samples; unscored ones are left out."""
    totals = reference_suite().score(samples).totals
    results = [quality_control(a) for a in default_annotator().annotate([sample.text for sample in samples])]
    scored = ~np.isnan(totals)
    passed = np.array([result.passed for result in results])
    published = np.array([result.published for result in results])
    complete = np.array([bool(result.origins and result.markers) for result in results])
    return Judged(name, totals[scored], passed[scored], published[scored], complete[scored])


def whole(sequence: str) -> Sample:
    """A molecule as a sample."""
    return Sample(sequence[:PROMPT], sequence[PROMPT:])


PARTS = ("ori (pUC/pMB1, high-copy)", "AmpR promoter", "AmpR (bla)", "EM7 promoter", "EGFP", "T7 terminator")
"""The library parts of a constructed plasmid, in order."""


def dna(rng: random.Random, size: int, letters: str = "ACGT") -> str:
    """Random bases."""
    return "".join(rng.choices(letters, k=size))


def constructed() -> dict[str, list[Sample]]:
    """Molecules of library parts by group: sound and broken plasmids, and whole parts in filler."""
    parts = {feature.name: feature.sequence for feature in load_library().features}
    unit = [parts[name] for name in PARTS]
    ori, gene = unit[0], unit[2]
    plasmids, fillers = [], []
    for seed in range(SEEDS):
        rng = random.Random(seed)
        sound = "".join(part + dna(rng, 80) for part in unit)
        at = 3 * rng.randrange(10, len(gene) // 3 - 10)
        plasmids += [
            sound,
            sound.replace(gene, gene[:at] + "TAA" + gene[at + 3 :]),
            sound.replace(gene, gene[:at] + gene[at + 1 :]),
            sound.replace(ori, ori[:200] + reverse_complement(ori[200:400]) + ori[400:]),
            sound.replace(ori, parts["f1 ori"]),
            sound.replace(gene, parts["URA3"]),
            substitute(sound, 0.05, rng),
            sound * 2,
            sound + reverse_complement(sound),
            sound + ori * 4,
            sound + dna(rng, 50) + parts["p15A ori"],
            "".join(part[:200] + dna(rng, 600) for part in unit),
            "".join(part[:200] + "N" * 600 for part in unit),
            "".join(part + "A" * 300 for part in unit),
            dna(rng, 4000),
        ]
        fillers += [
            "".join(part + dna(rng, 1500) for part in unit),
            "".join(part + dna(rng, 1500, "AT") for part in unit),
            "".join(part + "N" * 500 for part in unit),
        ]
    return {
        "constructed": [whole(molecule) for molecule in plasmids],
        "constructed, whole parts in filler": [whole(molecule) for molecule in fillers],
    }


def samples_of(path: Path) -> Iterator[Sample]:
    """The molecules of a file."""
    if path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            yield Sample(record["prompt"], record["completion"])
    else:
        for event in read_paths([path]):
            if isinstance(event, Problem):
                raise click.ClickException(str(event))
            if isinstance(event, SequenceRecord):
                yield whole(event.sequence)


def groups(folder: Path, files: tuple[Path, ...]) -> Iterator[Judged]:
    """All groups, judged."""
    public = [read_annotated(path) for path in sorted(folder.glob("*.gb"))]
    if public:
        yield judge(folder.name, [whole(plasmid.sequence) for plasmid in public])
    packages: dict[str, list[Sample]] = {}
    for plasmid in annotated_plasmids():
        packages.setdefault(plasmid.source, []).append(whole(plasmid.sequence))
    for package, samples in packages.items():
        yield judge(package, samples)
    for name, samples in constructed().items():
        yield judge(name, samples)
    for path in files:
        yield judge(str(path), list(samples_of(path)))


def names_of_incomplete(folder: Path) -> list[str]:
    """Public plasmids without a whole bacterial origin or a whole bacterial marker."""
    public = [read_annotated(path) for path in sorted(folder.glob("*.gb"))]
    results = map(quality_control, default_annotator().annotate([plasmid.sequence for plasmid in public]))
    return [p.name for p, r in zip(public, results, strict=True) if not (r.origins and r.markers)]


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folder", default=FOLDER, type=click.Path(path_type=Path), help="Public plasmids (*.gb).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(files: tuple[Path, ...], folder: Path, as_json: bool) -> None:
    """Measure public plasmids, data packages, constructed fillers and the molecules of FILES."""
    judged = list(groups(folder, files))
    together = Judged(
        "all",
        np.concatenate([group.totals for group in judged]),
        np.concatenate([group.passed for group in judged]),
        np.concatenate([group.published for group in judged]),
        np.concatenate([group.complete for group in judged]),
    )
    rows = [group.row() for group in (together, *judged)]
    if as_json:
        click.echo(json.dumps(rows))
        return
    heads = ("n", "QC", "published", "median", "complete", "median", "AUC")
    click.echo(f"{'group':36s}" + "".join(f"{head:>10s}" for head in heads))
    for row in rows:
        area, median = (
            "-" if row[name] is None else f"{row[name]:.3f}" for name in ("auc", "median_complete")
        )
        click.echo(
            f"{row['group'][-35:]:36s}{row['n']:10d}{row['qc']:10.1%}{row['qc_published']:10.1%}"
            f"{row['median']:10.3f}{row['complete']:10d}{median:>10s}{area:>10s}"
        )
    click.echo("complete: with a whole bacterial origin and a whole bacterial marker, however many")
    if incomplete := names_of_incomplete(folder):
        click.echo(f"not complete in {folder.name}: {', '.join(incomplete)}")


if __name__ == "__main__":
    main()
