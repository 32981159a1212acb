"""What one program may use."""

import resource
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one program.

    Attributes:
        cpu_seconds: Computing time, whole seconds: it does not depend on how busy the machine is.
        wall_seconds: Time on the clock; in the sandbox a program can wait for nothing, so this is only met
            where it computes and the machine is busy.
        memory_mb: Address space beyond the interpreter's own, MiB.
        output_bytes: What it may print.
        answer_bytes: What it may answer.
        program_bytes: Length of the program itself, UTF-8.

    Raises:
        ValueError: If one of them is not positive.
    """

    cpu_seconds: int = 1
    wall_seconds: float = 8.0
    memory_mb: int = 256
    output_bytes: int = 64 << 10
    answer_bytes: int = 1 << 20
    program_bytes: int = 64 << 10

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"the sandbox's {name} must be above 0, got {value}")


def own_address_space() -> int:
    """Bytes of address space that this process has now."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limit_self(cpu_seconds: int, address_space: int) -> None:
    """Set what the kernel enforces on this process: it is killed, or gets no more memory."""
    for limit, value in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (value, value))
