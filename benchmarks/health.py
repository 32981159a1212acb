"""How often the health checks see what is wrong, and how often they cry wolf.

    python benchmarks/health.py --json

Each labelled run is played to the monitor of the running agent, step by step, and judged at its 8 rungs as
the agent does. A fault is detected where its own kind is found at or after its onset, nothing fatal having
been found before. A sound run is a false alarm where anything fatal is found; warnings are counted apart.

The runs are those of the `final` set (see health_corpus.py): made with seeds 90000 and up, from shapes that
were not used to choose thresholds, and recorded runs that were not either. `--corpus tuning` shows the set
that was used.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click

sys.path[0] = str(Path(__file__).parent.parent)
from agent.health.finding import KINDS, WARNINGS, Kind  # noqa: E402
from agent.health.judge import REFERENCE  # noqa: E402
from agent.health.limits import HealthLimits  # noqa: E402
from agent.health.monitor import Monitor  # noqa: E402
from benchmarks.health_corpus import Case, made, recorded  # noqa: E402

HEADLINE: tuple[Kind, ...] = ("KL diverging", "collapsed", "reward hacking")


@dataclass(frozen=True)
class Judged:
    """What the monitor made of a case: its findings, each with the rung's step at which it was made."""

    case: Case
    found: dict[Kind, int]

    @property
    def detected(self) -> bool:
        """Whether the planted fault was found by its own name, and not before it was there."""
        assert self.case.kind is not None
        at = self.found.get(self.case.kind)
        first_fatal = min((step for kind, step in self.found.items() if kind not in WARNINGS), default=at)
        return at is not None and min(at, first_fatal or at) >= self.case.onset

    @property
    def verdict(self) -> str:
        """For the confusion table: the planted kind if found, else the first fatal one, else the first."""
        if self.case.kind in self.found:
            return str(self.case.kind)
        fatal = [kind for kind in self.found if kind not in WARNINGS]
        return (fatal or ["a warning" if self.found else "nothing"])[0]


def play(case: Case, limits: HealthLimits) -> Judged:
    """Play a case to a monitor; a run ends at its first fatal finding."""
    monitor = Monitor(limits, case.steps, case.starter)
    found: dict[Kind, int] = {}
    for step, row in case.rows.items():
        monitor.observe(step, row)
        if REFERENCE in row:
            monitor.judge()
            found |= {finding.kind: step for finding in monitor.findings if finding.kind not in found}
            if monitor.fatal:
                break
    return Judged(case, found)


def measured(judged: Iterable[Judged]) -> dict[str, Any]:
    """Detection and false alarms, in all and by kind."""
    runs = list(judged)
    sound = [run for run in runs if run.case.kind is None]
    ill = [run for run in runs if run.case.kind in HEADLINE]
    by_kind: dict[str, Any] = {}
    for kind in KINDS:
        planted = [run for run in runs if run.case.kind == kind]
        if planted:
            delays = [run.found[kind] - run.case.onset for run in planted if run.detected]
            by_kind[kind] = {
                "planted": len(planted),
                "detection": share(run.detected for run in planted),
                "false_alarm": share(kind in run.found for run in sound),
                "delay": median(delays) if delays else None,
            }
    return {
        "detection": share(run.detected for run in ill),
        "false_alarm": share(bool(set(run.found) - WARNINGS) for run in sound),
        "by_kind": by_kind,
    }


def share(marks: Iterable[bool]) -> float:
    """Share of true ones, to four digits."""
    known = list(marks)
    return round(sum(known) / len(known), 4)


def table(runs: list[Judged]) -> str:
    """Planted against found, shape by shape, and the delay from onset to finding in steps."""
    lines = [f"{'planted':18}{'shape':24}{'runs':>5}{'right':>8}   found instead"]
    shapes = dict.fromkeys((run.case.kind, run.case.shape) for run in runs)
    for kind, shape in shapes:
        of_shape = [run for run in runs if (run.case.kind, run.case.shape) == (kind, shape)]
        if kind is None:
            right = [not set(run.found) - WARNINGS for run in of_shape]
            other = Counter(name for run in of_shape for name in run.found)
        else:
            right = [run.detected for run in of_shape]
            other = Counter(run.verdict for run in of_shape if not run.detected)
        instead = ", ".join(f"{name} {count}" for name, count in other.most_common())
        lines.append(f"{kind or 'sound':18}{shape:24}{len(of_shape):5}{share(right):8.1%}   {instead}")
    return "\n".join(lines)


@click.command()
@click.option("--corpus", type=click.Choice(["tuning", "final"]), default="final", show_default=True)
@click.option("--each", default=100, show_default=True, help="Made runs of each faulty shape.")
@click.option("--each-sound", default=400, show_default=True, help="Made runs of each sound shape.")
@click.option("--json", "as_json", is_flag=True, help="Print {detection, false_alarm, by_kind}.")
def main(corpus: Any, each: int, each_sound: int, as_json: bool) -> None:
    """Measure detection and false alarms of the health checks."""
    cases = [*made(corpus, each, each_sound), *recorded(corpus)]
    runs = [play(case, HealthLimits()) for case in cases]
    found = measured(runs)
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(table(runs))
    click.echo(f"\n{'kind':18}{'planted':>8}{'detected':>10}{'on sound':>10}{'delay in steps':>16}")
    for kind, row in found["by_kind"].items():
        delay = "" if row["delay"] is None else f"{row['delay']:.0f}"
        click.echo(
            f"{kind:18}{row['planted']:8}{row['detection']:10.1%}{row['false_alarm']:10.1%}{delay:>16}"
        )
    kinds = ", ".join(HEADLINE)
    click.echo(f"\ndetection of {kinds}: {found['detection']:.1%}; false alarms: {found['false_alarm']:.1%}")


if __name__ == "__main__":
    main()
