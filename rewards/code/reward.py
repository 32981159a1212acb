"""Base class of the rewards that run programs."""

import reprlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from rewards.base import Evaluation, Reward, Sample
from rewards.code.extract import check_extraction, program_in
from rewards.code.known_programs import BROKEN
from rewards.code.sandbox.limits import Limits, limits_of
from rewards.code.sandbox.pool import BEST, check_mode, shared_sandbox
from rewards.code.sandbox.program import Program, Result
from rewards.code.sign import check_sign

_MAX_MESSAGE_CHARS = 240


def readable(text: str) -> str:
    """`text` from a program as one printable line of at most 240 characters, for messages and logs."""
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in text).split())
    return line if len(line) <= _MAX_MESSAGE_CHARS else line[: _MAX_MESSAGE_CHARS - 1] + "…"


def shown(encoded: Any) -> str:
    """An encoded value as text, shortened, because a program can return arbitrarily long and deep values."""
    return reprlib.repr(encoded)


@dataclass(frozen=True)
class CodeReward(Reward):
    """A reward that runs programs.

    Attributes:
        extract: Rule that finds the program: `first_block`, `python_block` or `whole_text`.
        reads: Text that contains the program: the `completion`, or `text` for prompt and completion as one.
        cpu_seconds: CPU time that a program may use, in whole seconds.
        memory_mb: Memory that a program may use, in MiB.
        sandbox: `best` for all walls that this machine has, or `none-i-accept-the-risk` for none.
        sign: +1 if working programs score high, -1 if failing programs do.
        known_bad: Known programs that must score low if working programs score high.

    Raises:
        ValueError: If a parameter is invalid.
    """

    extract: str = "first_block"
    reads: str = "completion"
    cpu_seconds: int = 1
    memory_mb: int = 256
    sandbox: str = BEST

    sign: ClassVar[int]
    known_bad: ClassVar[tuple[str, ...]] = BROKEN

    def __post_init__(self) -> None:
        check_extraction(self.extract, self.reads)
        check_mode(self.sandbox)
        _ = self.limits  # raises ValueError for a limit that is not positive

    def prepare(self) -> None:
        """Start the sandbox, and check the scores of known programs against the name of the reward.

        Raises:
            NoSandboxError: If this machine does not have the walls for untrusted programs.
            WrongSignError: If a known program gets the wrong score, or none.
        """
        key = (type(self), self.sandbox, self.cpu_seconds, self.memory_mb)
        check_sign(self.on_known_programs(), key)

    def on_known_programs(self) -> Self:
        """This reward with the parameters that the programs of `rewards.code.known_programs` need."""
        return replace(self, extract="first_block", reads="completion")

    @property
    def limits(self) -> Limits:
        """Limits of one program."""
        return limits_of(self.cpu_seconds, self.memory_mb)

    def _program_text(self, sample: Sample) -> str:
        return program_in(sample, self.extract, self.reads)

    def _run(self, programs: Sequence[Program]) -> list[Result]:
        return shared_sandbox(self.sandbox, self.limits).run(programs)

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order. A sample is unscored if the sandbox itself fails."""
        programs = [self._program(sample) for sample in samples]
        results = iter(self._run([program for program in programs if isinstance(program, Program)]))
        evaluations = []
        for sample, program in zip(samples, programs, strict=True):
            if isinstance(program, Evaluation):
                evaluations.append(program)
                continue
            result = next(results)
            if result.fault:
                evaluations.append(Evaluation(None, readable(result.fault)))
            else:
                evaluations.append(self._evaluate(sample, result))
        return evaluations

    @abstractmethod
    def _program(self, sample: Sample) -> Program | Evaluation:
        """The program to run for `sample`, or its evaluation if nothing needs to be run."""

    @abstractmethod
    def _evaluate(self, sample: Sample, result: Result) -> Evaluation:
        """The evaluation of `sample`, from the result of its program."""
