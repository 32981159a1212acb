"""What all rewards for programs share: where the program is in a sample, and the sandbox it runs in."""

import reprlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from rewards.base import Evaluation, Reward, Sample
from rewards.code.extract import RULES
from rewards.code.known_programs import BROKEN
from rewards.code.sandbox.limits import Limits
from rewards.code.sandbox.pool import BEST, NO_WALLS, shared_sandbox
from rewards.code.sandbox.program import Program, Result
from rewards.code.sign import check_sign

READS = ("completion", "text")
_LONGEST_MESSAGE = 240
_CLOCK = 8.0
"""Seconds on the clock per second of computing, as machines are busy; below a suite's 10 s a sample."""


def readable(text: str) -> str:
    """A program's words as one line of a log."""
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in text).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def shown(encoded: Any) -> str:
    """An encoded value, cut short: how deep and how long it is was up to the program."""
    return reprlib.repr(encoded)


@dataclass(frozen=True)
class CodeReward(Reward):
    """A reward that runs programs.

    Attributes:
        extract: How the program is found: `first_block`, `python_block` or `whole_text`.
        reads: Where: in the `completion`, or in the `text` (prompt and completion as one).
        cpu_seconds: Computing time of a program, whole seconds.
        memory_mb: Memory of a program, MiB.
        sandbox: `best`, all walls that this machine has; or `none-i-accept-the-risk`.
        sign: +1 where working code scores high, -1 where failing code does.

    Raises:
        ValueError: If one of them is none of these.
    """

    extract: str = "first_block"
    reads: str = "completion"
    cpu_seconds: int = 1
    memory_mb: int = 256
    sandbox: str = BEST

    sign: ClassVar[int]
    known_bad: ClassVar[tuple[str, ...]] = BROKEN
    """Known programs that must score low where working code scores high."""

    def __post_init__(self) -> None:
        for field, value, known in (
            ("extract", self.extract, tuple(RULES)),
            ("reads", self.reads, READS),
            ("sandbox", self.sandbox, (BEST, NO_WALLS)),
        ):
            if value not in known:
                raise ValueError(f"{field} must be one of {', '.join(known)}; got {value!r}")
        _ = self.limits  # which refuses what is not positive

    def prepare(self) -> None:
        """Start the sandbox, and see that known programs score as the reward's sign says.

        Raises:
            NoSandboxError: If this machine has no walls.
            WrongSignError: If a known program scores wrongly.
        """
        key = (type(self), self.sandbox, self.cpu_seconds, self.memory_mb)
        check_sign(self.on_known_programs(), key)

    def on_known_programs(self) -> Self:
        """This reward as it scores the programs of `known_programs`."""
        return replace(self, extract="first_block", reads="completion")

    @property
    def limits(self) -> Limits:
        """What one program may use."""
        return Limits(
            cpu_seconds=self.cpu_seconds,
            wall_seconds=_CLOCK * self.cpu_seconds,
            memory_mb=self.memory_mb,
        )

    def _program_text(self, sample: Sample) -> str:
        return RULES[self.extract](sample.text if self.reads == "text" else sample.completion)

    def _run(self, programs: Sequence[Program]) -> list[Result]:
        return shared_sandbox(self.sandbox, self.limits).run(programs)

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """Run what needs to be run, and evaluate every sample, in order."""
        asked = [self._program(sample) for sample in samples]
        ran = iter(self._run([one for one in asked if isinstance(one, Program)]))
        found = []
        for sample, one in zip(samples, asked, strict=True):
            if isinstance(one, Evaluation):
                found.append(one)
                continue
            result = next(ran)
            if result.fault:
                found.append(Evaluation(None, readable(result.fault)))
            else:
                found.append(self._evaluate(sample, result))
        return found

    @abstractmethod
    def _program(self, sample: Sample) -> Program | Evaluation:
        """What to run for a sample, or what is known of it without."""

    @abstractmethod
    def _evaluate(self, sample: Sample, result: Result) -> Evaluation:
        """What the run of a sample's program is worth."""
