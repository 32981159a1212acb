"""What every part of a run shares."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.config.run import RunConfig
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.stop import StopRequest


@dataclass(frozen=True)
class RunContext:
    """The inputs of a run, which stay the same from its start to its end.

    Attributes:
        config: Parameters of the run.
        sinks: Receive its metrics, samples and findings.
        stop: Read at every step.
        on_step: Called with each finished step and its metrics, for a progress display or a watchdog.
        on_evaluation: Called with a line that says what is measured next after the last step.
    """

    config: RunConfig
    sinks: Sinks
    stop: StopRequest
    on_step: Callable[[int, dict[str, float]], None] = lambda step, row: None
    on_evaluation: Callable[[str], None] = lambda line: None
