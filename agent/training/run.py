"""One run, from configuration to outcome."""

import gc
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers import PrinterCallback, set_seed

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.health.finding import Finding
from agent.health.monitor import Monitor
from agent.tasks.build import build_task
from agent.tracking.sinks import Sinks, summary_of
from agent.training.lifecycle.allocator import keep_freed_memory
from agent.training.lifecycle.checkpoints import Checkpoints
from agent.training.lifecycle.memory import take_a_share
from agent.training.lifecycle.model import load_model
from agent.training.lifecycle.resume import SaveState, latest_state
from agent.training.lifecycle.stop import StopRequest
from agent.training.objective.baseline import starter_completions
from agent.training.objective.divergence import DriftProbe
from agent.training.objective.held_out import Objective
from agent.training.objective.samples import sample_rows
from agent.training.scoring import SuiteReward
from agent.training.step.schedule import Schedule
from agent.training.step.trainer import build_trainer
from agent.training.step_log import StepLog

OutcomeName = Literal["finished", "stopped early", "unhealthy", "preempted"]

MOST_HALVINGS = 3
"""Of the completions per forward pass, after running out of memory."""

_PROBE_PROMPTS = 8
_PROBE_TOKENS = 64
_PROBE_SEED = 99


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        name: `finished`, `stopped early` (by the server), `unhealthy` or `preempted`.
        step: last training step done.
        findings: what the health checks found, warnings among it.
        starter_score: the objective of the starting model.
        score: the last measured objective; `None` when the run ended before its first rung.
        checkpoint: folder of the best checkpoint.
    """

    name: OutcomeName
    step: int
    findings: tuple[Finding, ...]
    starter_score: float
    score: float | None
    checkpoint: str | None

    def summary(self) -> dict[str, Any]:
        """As summary values of a run."""
        return {
            "outcome": self.name,
            "outcome_step": self.step,
            "starter/score": self.starter_score,
            **summary_of(self.findings),
        }


def train_run(
    config: RunConfig,
    sinks: Sinks,
    stop: StopRequest,
    on_step: Callable[[int, dict[str, float]], None] = lambda step, row: None,
) -> Outcome:
    """Train one run to its end, or to a stop; go on where an earlier attempt in the same directory left off.

    A run that was interrupted and resumed equals an uninterrupted one, bit for bit on CPU. A run that does
    not fit into memory goes on from its last state with half the completions per forward pass, and the same
    number per step.

    Args:
        config: the run.
        sinks: where metrics go.
        stop: read at every step.
        on_step: told each finished step, for a progress display.

    Raises:
        ConfigError: the model cannot be loaded, or the directory holds another run.
        torch.OutOfMemoryError: it does not fit even after `MOST_HALVINGS` halvings.
    """
    keep_freed_memory()
    take_a_share(os.environ)
    for halvings in range(MOST_HALVINGS + 1):
        micro_batch = config.per_device_train_batch_size >> halvings
        sinks.summarise({"train/micro_batch_size": micro_batch})
        try:
            return _attempt(config, micro_batch, sinks, stop, on_step)
        except torch.OutOfMemoryError:
            if halvings == MOST_HALVINGS or micro_batch % 2:
                raise
        # Outside of the handler: until here the error's traceback keeps the model alive.
        print(
            f"sweepfarm: out of memory with {micro_batch} completions per pass; halving them", file=sys.stderr
        )
        gc.collect()
        torch.cuda.empty_cache()
    raise AssertionError("the last attempt returns or raises")


def _attempt(
    config: RunConfig,
    micro_batch: int,
    sinks: Sinks,
    stop: StopRequest,
    on_step: Callable[[int, dict[str, float]], None],
) -> Outcome:
    trainer_folder = sinks.directory.path / "trainer"
    saved = latest_state(trainer_folder)
    if saved and saved.own["config_hash"] != config.config_hash:
        raise ConfigError(
            f"{sinks.directory.path} holds an unfinished run of another configuration;"
            " give another --out, or remove it"
        )
    sinks.directory.begin()
    set_seed(config.seed)
    task = build_task(config)
    model, tokenizer = load_model(task.model_path)
    # With a KL term the trainer loads the starting weights itself; under adapters it only switches those off.
    theirs = config.largest_beta > 0 and config.lora_rank is None
    own_reference = None if theirs else load_model(task.model_path)[0]
    reward = SuiteReward(task.training_suite, task.monitored, config.num_generations)
    checkpoints = Checkpoints(sinks.directory.checkpoints, tokenizer)
    trainer = build_trainer(config, micro_batch, task, model, tokenizer, reward, trainer_folder)
    reference = trainer.ref_model or own_reference
    assert reference is not None  # the trainer has one exactly where we have none
    reference = reference.to(trainer.accelerator.device).eval()
    objective = Objective(config, task, reference, tokenizer)
    sinks.summarise(objective.starter_values())
    monitor = Monitor(config.health, config.max_steps, objective.starter_values())
    probe_rows, _ = starter_completions(
        reference,
        tokenizer,
        task.prompts.held_out[:_PROBE_PROMPTS],
        max_new_tokens=min(_PROBE_TOKENS, config.max_completion_length),
        temperature=1.0,
        seed=_PROBE_SEED,
    )
    schedule = Schedule(config, trainer)
    log = StepLog(
        config,
        reward,
        objective,
        monitor,
        DriftProbe(reference, probe_rows),
        sinks,
        checkpoints,
        schedule,
        stop,
        trainer.stopwatch,
        on_step,
    )

    def own_state() -> dict[str, Any]:
        return {
            "config_hash": config.config_hash,
            "objective": {"rung": objective.rung},
            "checkpoints": checkpoints.state(),
            "schedule": schedule.state(),
            "log": {"last_step": log.last_step, "last_score": log.last_score},
        }

    if saved is None:
        sinks.directory.rewind(-1)
        sinks.directory.log_samples(sample_rows(objective.starter))
    else:
        sinks.directory.rewind(saved.step)
        sinks.catch_up()
        objective.restore(**saved.own["objective"])
        monitor.restore(sinks.directory.rows())
        checkpoints.restore(saved.own["checkpoints"])
        schedule.restore(saved.own["schedule"])
        log.restore(**saved.own["log"])
    trainer.remove_callback(PrinterCallback)
    for callback in (schedule, log, SaveState(config, stop, own_state)):
        trainer.add_callback(callback)
    trainer.train(resume_from_checkpoint=str(saved.path) if saved else None)
    name = _outcome_name(config, monitor, log.last_step, stop)
    if name != "preempted":
        shutil.rmtree(trainer_folder, ignore_errors=True)  # nothing is left to resume
    outcome = Outcome(
        name=name,
        step=log.last_step,
        findings=tuple(monitor.findings),
        starter_score=objective.starter.reference,
        score=log.last_score,
        checkpoint=str(checkpoints.best) if checkpoints.best else None,
    )
    sinks.summarise(outcome.summary())
    sinks.directory.finish(
        {**outcome.summary(), "objective/score": outcome.score, "checkpoint": outcome.checkpoint}
    )
    return outcome


def _outcome_name(config: RunConfig, monitor: Monitor, last_step: int, stop: StopRequest) -> OutcomeName:
    if monitor.fatal:
        return "unhealthy"
    if last_step >= config.max_steps or stop.reason is None:
        return "finished"
    return stop.reason
