"""How often the health checks see what is wrong, and how often they cry wolf.

    python benchmarks/health.py --json

Each labelled run is played to the monitor of the running agent, step by step, and judged at its 8 rungs as
the agent does. A fault is detected where its own kind is found at or after its onset, nothing fatal having
been found before. A sound run is a false alarm where anything fatal is found; warnings are counted apart.

The runs are those of the `final` set (see curves/corpus.py): made with seeds 90000 and up, from shapes that
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
from agent.health.checks import HealthLimits  # noqa: E402
from agent.health.finding import KINDS, WARNINGS, Kind  # noqa: E402
from agent.health.monitor import Monitor  # noqa: E402
from agent.health.reward import REFERENCE  # noqa: E402
from benchmarks.curves.corpus import Case, made, recorded  # noqa: E402

HEADLINE: tuple[Kind, ...] = ("KL diverging", "collapsed", "reward hacking")


@dataclass(frozen=True)
class Judged:
    """What the monitor made of a case: its findings, each with the rung's step at which it was made."""

    case: Case
    found: dict[Kind, int]

    @property
    def planted(self) -> Kind | None:
        """The kind a case counts under."""
        return self.case.kinds[0] if self.case.kinds else None

    @property
    def at(self) -> int | None:
        """The step at which a planted fault was found by its name.

        `None` where it was not, or something was found before there was a fault.
        """
        right = [step for kind, step in self.found.items() if kind in self.case.kinds]
        fatal = [step for kind, step in self.found.items() if kind not in WARNINGS]
        if not right or min([*right, *fatal]) < self.case.onset:
            return None
        return min(right)

    @property
    def alarm(self) -> bool:
        """Whether anything fatal was found."""
        return bool(set(self.found) - WARNINGS)


def play(case: Case, limits: HealthLimits) -> Judged:
    """Play a case to a monitor; a run ends at its first fatal finding."""
    monitor = Monitor(limits, case.steps, case.starter)
    found: dict[Kind, int] = {}
    for step, row in case.rows.items():
        monitor.observe(step, row)
        if REFERENCE in row:
            monitor.check()
            found |= {finding.kind: step for finding in monitor.findings if finding.kind not in found}
            if monitor.fatal:
                break
    return Judged(case, found)


def measured(judged: Iterable[Judged]) -> dict[str, Any]:
    """Detection and false alarms, in all and by kind."""
    runs = list(judged)
    sound = [run for run in runs if run.planted is None]
    by_kind: dict[str, Any] = {}
    for kind in KINDS:
        planted = [run for run in runs if run.planted == kind]
        if planted:
            delays = [run.at - run.case.onset for run in planted if run.at is not None]
            by_kind[kind] = {
                "planted": len(planted),
                "detection": share(run.at is not None for run in planted),
                "false_alarm": share(kind in run.found for run in sound),
                "delay": median(delays) if delays else None,
            }
    return {
        "detection": share(run.at is not None for run in runs if run.planted in HEADLINE),
        "false_alarm": share(run.alarm for run in sound),
        "by_kind": by_kind,
    }


def share(marks: Iterable[bool]) -> float:
    """Share of true ones, to four digits."""
    known = list(marks)
    return round(sum(known) / len(known), 4)


def table(runs: list[Judged]) -> str:
    """Planted against found, shape by shape."""
    lines = [f"{'planted':18}{'shape':26}{'runs':>5}{'right':>8}   found otherwise"]
    for planted, shape in dict.fromkeys((run.planted, run.case.shape) for run in runs):
        group = [run for run in runs if (run.planted, run.case.shape) == (planted, shape)]
        wrong = [run for run in group if (run.alarm if planted is None else run.at is None)]
        warned = [run for run in group if planted is None and run.found and not run.alarm]
        others = Counter(", ".join(run.found) or "nothing" for run in [*wrong, *warned])
        otherwise = "; ".join(f"{what}: {count}" for what, count in others.most_common())
        right = 1 - len(wrong) / len(group)
        lines.append(f"{planted or 'sound':18}{shape:26}{len(group):5}{right:8.1%}   {otherwise}")
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
