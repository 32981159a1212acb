"""Measures how often the health checks detect a fault, and how often they give a false alarm.

    python benchmarks/health.py --json

Each labelled run is given to the monitor of the running agent, step by step, and checked at its 8 rungs, as
the agent does it. A fault is detected if a finding of its kind is made at or after its onset, and no fatal
finding before. A healthy run is a false alarm if any fatal finding is made; warnings are counted
separately.

The runs are those of the `final` set (see curves/corpus.py): simulated ones, with seeds from 90000 on and
shapes that were not used to choose thresholds, and recorded ones that were not used for it either.
`--corpus tuning` measures the set that was used.
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
from agent.health.checks import HealthLimits  # noqa: E402
from agent.health.finding import KINDS, WARNINGS, Kind  # noqa: E402
from agent.health.monitor import Monitor  # noqa: E402
from agent.health.reward import REFERENCE  # noqa: E402
from benchmarks.curves.corpus import Case, recorded, simulated  # noqa: E402

HEADLINE: tuple[Kind, ...] = ("KL diverging", "collapsed", "memorised", "reward hacking")


@dataclass(frozen=True)
class Judged:
    """A case and the findings of the monitor: each kind, with the step of the rung where it was found.

    `checks` is the number of rungs at which the run was checked.
    """

    case: Case
    found: dict[Kind, int]
    checks: int

    @property
    def planted(self) -> Kind | None:
        """The kind that the case counts under; None for a healthy run."""
        return self.case.kinds[0] if self.case.kinds else None

    @property
    def at(self) -> int | None:
        """The step at which the fault was detected, under one of its kinds.

        None if it was not, or if a fatal finding was made before the onset.
        """
        right = [step for kind, step in self.found.items() if kind in self.case.kinds]
        fatal = [step for kind, step in self.found.items() if kind not in WARNINGS]
        if not right or min([*right, *fatal]) < self.case.onset:
            return None
        return min(right)

    @property
    def alarm(self) -> bool:
        """Whether any fatal finding was made."""
        return bool(set(self.found) - WARNINGS)


def play(case: Case, limits: HealthLimits) -> Judged:
    """The findings of the monitor on a case, which ends at its first fatal finding."""
    monitor = Monitor(limits, case.steps, case.starter)
    found: dict[Kind, int] = {}
    checks = 0
    for step, row in case.rows.items():
        monitor.observe(step, row)
        if REFERENCE in row:
            monitor.check()
            checks += 1
            found |= {finding.kind: step for finding in monitor.findings if finding.kind not in found}
            if monitor.fatal:
                break
    return Judged(case, found, checks)


def measured(judged: Iterable[Judged]) -> dict[str, Any]:
    """Shares of detected faults and of false alarms, in total and by kind, in [0, 1]."""
    runs = list(judged)
    healthy = [run for run in runs if run.planted is None]
    by_kind: dict[str, Any] = {}
    for kind in KINDS:
        planted = [run for run in runs if run.planted == kind]
        if planted:
            delays = [run.at - run.case.onset for run in planted if run.at is not None]
            by_kind[kind] = {
                "planted": len(planted),
                "detection": share(run.at is not None for run in planted),
                "false_alarm": share(kind in run.found for run in healthy),
                "delay": median(delays) if delays else None,
            }
    return {
        "detection": share(run.at is not None for run in runs if run.planted in HEADLINE),
        "false_alarm": share(run.alarm for run in healthy),
        "false_alarm_of_checks": round(sum(run.alarm for run in healthy) / sum(r.checks for r in healthy), 4),
        "by_kind": by_kind,
    }


def share(marks: Iterable[bool]) -> float:
    """Share of true marks, in [0, 1], rounded to four digits."""
    values = list(marks)
    return round(sum(values) / len(values), 4)


def table(runs: list[Judged]) -> str:
    """A table of the faults and of what was found, one line per shape."""
    lines = [f"{'planted':18}{'shape':26}{'runs':>5}{'correct':>8}   other findings"]
    for planted, shape in dict.fromkeys((run.planted, run.case.shape) for run in runs):
        group = [run for run in runs if (run.planted, run.case.shape) == (planted, shape)]
        wrong = [run for run in group if (run.alarm if planted is None else run.at is None)]
        warned = [run for run in group if planted is None and run.found and not run.alarm]
        others = Counter(", ".join(run.found) or "nothing" for run in [*wrong, *warned])
        otherwise = "; ".join(f"{kinds}: {count}" for kinds, count in others.most_common())
        right = 1 - len(wrong) / len(group)
        lines.append(f"{planted or 'healthy':18}{shape:26}{len(group):5}{right:8.1%}   {otherwise}")
    return "\n".join(lines)


@click.command()
@click.option("--corpus", type=click.Choice(["tuning", "final"]), default="final", show_default=True)
@click.option("--each", default=100, show_default=True, help="Simulated runs of each shape with a fault.")
@click.option("--each-sound", default=400, show_default=True, help="Simulated runs of each healthy shape.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print {detection, false_alarm, false_alarm_of_checks, by_kind}."
)
def main(corpus: Any, each: int, each_sound: int, as_json: bool) -> None:
    """Measure how often the health checks detect a fault and how often they give a false alarm."""
    cases = [*simulated(corpus, each, each_sound), *recorded(corpus)]
    runs = [play(case, HealthLimits()) for case in cases]
    found = measured(runs)
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(table(runs))
    click.echo(f"\n{'kind':18}{'planted':>8}{'detected':>10}{'on healthy':>12}{'delay in steps':>16}")
    for kind, row in found["by_kind"].items():
        delay = "" if row["delay"] is None else f"{row['delay']:.0f}"
        click.echo(
            f"{kind:18}{row['planted']:8}{row['detection']:10.1%}{row['false_alarm']:12.1%}{delay:>16}"
        )
    kinds = ", ".join(HEADLINE)
    click.echo(
        f"\ndetection of {kinds}: {found['detection']:.1%}; false alarms: {found['false_alarm']:.1%} of runs,"
        f" {found['false_alarm_of_checks']:.2%} of checks at rungs"
    )


if __name__ == "__main__":
    main()
