"""Limits of one program: CPU time, memory, output and size."""

import resource
from dataclasses import dataclass

WALL_SECONDS_PER_CPU_SECOND = 8.0
"""Above 1 because a busy machine gives a program only part of a core; below a suite's 10 s per sample."""


@dataclass(frozen=True)
class Limits:
    """Limits of one program.

    Attributes:
        cpu_seconds: CPU time in whole seconds, which does not depend on the load of the machine.
        wall_seconds: Elapsed time in seconds. A program in the sandbox cannot wait, so it reaches this limit
            only on a machine that is busy.
        memory_mb: Address space beyond what the interpreter itself uses, in MiB.
        output_bytes: Length of standard output and standard error together.
        answer_bytes: Length of all answers together.
        program_bytes: Length of the program in UTF-8.

    Raises:
        ValueError: If one of them is not positive.
    """

    cpu_seconds: int = 1
    wall_seconds: float = WALL_SECONDS_PER_CPU_SECOND
    memory_mb: int = 256
    output_bytes: int = 64 << 10
    answer_bytes: int = 1 << 20
    program_bytes: int = 64 << 10

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"the sandbox's {name} must be above 0, got {value}")


def limits_of(cpu_seconds: int, memory_mb: int) -> Limits:
    """Limits with this CPU time and memory, and the elapsed time that belongs to the CPU time.

    Raises:
        ValueError: If one of them is not positive.
    """
    return Limits(
        cpu_seconds=cpu_seconds, wall_seconds=WALL_SECONDS_PER_CPU_SECOND * cpu_seconds, memory_mb=memory_mb
    )


def own_address_space() -> int:
    """Address space of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limit_self(cpu_seconds: int, address_space: int) -> None:
    """Set the resource limits of this process, which the kernel enforces.

    Args:
        cpu_seconds: CPU time after which the kernel kills the process.
        address_space: Maximum address space in bytes.
    """
    for limit, value in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (value, value))
