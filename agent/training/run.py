"""One run, from its configuration to its outcome."""

import gc
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, set_seed

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.health.finding import Finding
from agent.health.monitor import Monitor
from agent.tasks.base import Task
from agent.tasks.build import build_task
from agent.tracking.sinks import Sinks, summary_of
from agent.training.lifecycle.checkpoints import Checkpoints
from agent.training.lifecycle.context import RunContext
from agent.training.lifecycle.memory import keep_freed_memory, limit_gpu_share
from agent.training.lifecycle.model import load_model, use_own_settings
from agent.training.lifecycle.resume import SaveState, latest_state
from agent.training.lifecycle.stop import StopRequest
from agent.training.objective.baseline import starter_completions
from agent.training.objective.divergence import DriftProbe
from agent.training.objective.held_out import Objective
from agent.training.objective.samples import sample_rows
from agent.training.objective.temperatures import final_evaluation
from agent.training.rarity import RecentRarity
from agent.training.scoring import SuiteReward
from agent.training.step.log import Measurements, StepLog
from agent.training.step.schedule import Schedule
from agent.training.step.trainer import build_trainer

OutcomeName = Literal["finished", "stopped early", "unhealthy", "preempted"]

MAX_HALVINGS = 3
"""How many times the completions per forward pass are halved after running out of memory."""

_PROBE_PROMPTS = 8
_PROBE_TOKENS = 64
_PROBE_SEED = 99


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        name: `finished`, `stopped early` (by the server), `unhealthy` or `preempted`.
        step: Last training step that was done.
        findings: Findings of the health checks, warnings included.
        starter_score: Objective of the starting model, in [0, 1].
        score: Last measured objective, in [0, 1]; `None` if the run ended before its first rung.
        checkpoint: Folder of the best checkpoint; `None` if there is none.
        temperatures: Summary values of the final evaluation; see `final_evaluation`. Empty unless the run
            finished.
    """

    name: OutcomeName
    step: int
    findings: tuple[Finding, ...]
    starter_score: float
    score: float | None
    checkpoint: str | None
    temperatures: dict[str, float] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The outcome as summary values of the run."""
        return {
            "outcome": self.name,
            "outcome_step": self.step,
            "starter/score": self.starter_score,
            **self.temperatures,
            **summary_of(self.findings),
        }


def train_run(
    config: RunConfig,
    sinks: Sinks,
    stop: StopRequest,
    on_step: Callable[[int, dict[str, float]], None] = lambda step, row: None,
    on_evaluation: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Train one run until it ends or is stopped, from the last saved state in its directory if there is one.

    On the CPU, a run that was interrupted and resumed gives the same values, bit for bit, as one that was
    not. A run that does not fit into memory continues from its last state with half the completions per
    forward pass, and the same number per step.

    Args:
        config: Parameters of the run.
        sinks: Receive its metrics, samples and findings.
        stop: Read at every step.
        on_step: Called with each finished step and its metrics.
        on_evaluation: Called with a line before each measurement of the final evaluation.

    Returns:
        How the run ended.

    Raises:
        ConfigError: If the model cannot be loaded, or the directory holds a run of another configuration.
        NothingScoredError: If no completion of a training batch, or of the starting model, can be scored.
        FloatingPointError: If the model's logits are not finite during sampling.
        torch.OutOfMemoryError: If the run does not fit into memory after `MAX_HALVINGS` halvings.
    """
    context = RunContext(config, sinks, stop, on_step, on_evaluation)
    keep_freed_memory()
    limit_gpu_share(os.environ)
    for halvings in range(MAX_HALVINGS + 1):
        micro_batch = config.per_device_train_batch_size >> halvings
        sinks.summarise({"train/micro_batch_size": micro_batch})
        try:
            return _attempt(context, micro_batch)
        except torch.OutOfMemoryError:
            if halvings == MAX_HALVINGS or micro_batch % 2:
                raise
        # Not in the handler: there, the error's traceback still keeps the model in memory.
        print(
            f"sweepfarm: out of memory with {micro_batch} completions per forward pass; halving that number",
            file=sys.stderr,
        )
        gc.collect()
        torch.cuda.empty_cache()
    raise AssertionError("the last attempt returns or raises")


def _attempt(context: RunContext, micro_batch: int) -> Outcome:
    """Train with `micro_batch` completions per forward pass, from the last saved state if there is one."""
    config, sinks, stop = context.config, context.sinks, context.stop
    trainer_folder = sinks.directory.path / "trainer"
    saved = latest_state(trainer_folder)
    if saved and saved.own["config_hash"] != config.config_hash:
        raise ConfigError(
            f"{sinks.directory.path} holds an unfinished run of another configuration;"
            " set another --out, or remove it"
        )
    sinks.directory.begin()
    set_seed(config.seed)
    task = build_task(config)
    model, tokenizer = load_model(task.model_path)
    # With a KL term TRL loads the starting weights itself. Under adapters it only switches the adapters off.
    trl_has_reference = config.largest_beta > 0 and config.lora_rank is None
    own_reference = None if trl_has_reference else load_model(task.model_path)[0]
    rarity = RecentRarity(task.quality, config.diversity) if task.quality and config.diversity else None
    reward = SuiteReward(task.training_suite, task.monitored, config.num_generations, rarity)
    checkpoints = Checkpoints(sinks.directory.checkpoints, tokenizer)
    trainer = build_trainer(config, micro_batch, task, model, tokenizer, reward, trainer_folder)
    reference = trainer.ref_model or own_reference
    assert reference is not None  # the trainer has a reference exactly if we loaded none
    use_own_settings(reference, tokenizer)  # TRL loads its reference with the settings that came with it
    reference = reference.to(trainer.accelerator.device).eval()
    objective = Objective(config, task, reference, tokenizer)
    sinks.summarise(objective.starter_values())
    monitor = Monitor(config.health, config.max_steps, objective.starter_values())
    probe = _drift_probe(config, task, reference, tokenizer)
    schedule = Schedule(config, trainer)
    measurements = Measurements(reward, probe, objective, monitor)
    log = StepLog(context, measurements, checkpoints, schedule, trainer.stopwatch)

    def own_state() -> dict[str, Any]:
        return {
            "config_hash": config.config_hash,
            "objective": {"rung": objective.rung},
            "checkpoints": checkpoints.state(),
            "schedule": schedule.state(),
            "log": {"last_step": log.last_step, "last_score": log.last_score},
            "rarity": rarity.state() if rarity else None,
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
        if rarity:
            rarity.restore(saved.own["rarity"])
    trainer.remove_callback(PrinterCallback)
    for callback in (schedule, log, SaveState(context, own_state)):
        trainer.add_callback(callback)
    trainer.train(resume_from_checkpoint=str(saved.path) if saved else None)
    name = _outcome_name(config, monitor, log.last_step, stop)
    temperatures = {}
    if name == "finished":
        # The saved state stays until the end: a run that is killed here continues from it.
        policy = cast(PreTrainedModel, trainer.model)
        temperatures = final_evaluation(context, task, policy, reference, tokenizer)
    if name != "preempted":
        shutil.rmtree(trainer_folder, ignore_errors=True)  # the run has ended and will not be resumed
    outcome = Outcome(
        name=name,
        step=log.last_step,
        findings=tuple(monitor.findings),
        starter_score=objective.starter.score,
        score=log.last_score,
        checkpoint=str(checkpoints.best) if checkpoints.best else None,
        temperatures=temperatures,
    )
    sinks.summarise(outcome.summary())
    sinks.directory.finish(
        {**outcome.summary(), "objective/score": outcome.score, "checkpoint": outcome.checkpoint}
    )
    return outcome


def _drift_probe(
    config: RunConfig, task: Task, reference: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> DriftProbe:
    completions, _ = starter_completions(
        reference,
        tokenizer,
        task.prompts.held_out[:_PROBE_PROMPTS],
        max_new_tokens=min(_PROBE_TOKENS, config.max_completion_length),
        temperature=1.0,
        seed=_PROBE_SEED,
    )
    return DriftProbe(reference, completions)


def _outcome_name(config: RunConfig, monitor: Monitor, last_step: int, stop: StopRequest) -> OutcomeName:
    if monitor.fatal:
        return "unhealthy"
    if last_step >= config.max_steps or stop.reason is None:
        return "finished"
    return stop.reason
