"""One metric of a run: its name, when it is logged, and what it measures."""

from dataclasses import dataclass
from typing import Literal

Cadence = Literal["rung", "step", "end"]
Section = Literal["reward", "groups", "training", "objective", "quality", "temperatures"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: A path; `{component}` stands for the name of a reward component, `{kind}` and `{type}` for a
            kind of part of the task's quality control and a type of this kind, `{temperature}` for a sampling
            temperature such as `1.0`.
        section: Section of the documentation that lists it.
        reading: What it measures and how to interpret it.
        optional: Whether only some runs log it.
        clock: Whether it depends on the speed or the memory of the machine. Equal runs differ only in these.
        higher_is_better: Whether a higher value is always the better one.
    """

    name: str
    section: Section
    reading: str
    optional: bool = False
    clock: bool = False
    higher_is_better: bool = False

    @property
    def cadence(self) -> Cadence:
        """Whether it is logged at every training step, only at the rungs, or once, in the summary."""
        if self.section == "temperatures":
            return "end"
        return "rung" if self.section in ("objective", "quality") else "step"
