"""What the warm parent does before its first fork, so that no run has to."""

import importlib

_MODULES = (
    "agent.entrypoint",
    "agent.tracking.sinks",
    "agent.training.run",
    "wandb",
    "wandb.sdk.launch",  # `wandb.init` imports it in every run
)


def preload() -> None:
    """Import what a run needs and rehearse it once, without starting a thread that a fork would lose."""
    import torch

    # The threads of a parallel region would not exist in a child, and its first region would wait for them.
    torch.set_num_threads(1)
    for name in _MODULES:
        importlib.import_module(name)
    _rehearse()


def _rehearse() -> None:
    """Load each starter and score a text with its rewards: that brings in lazy imports and kernels.

    A sandbox is left to the runs: its threads would be lost by a fork.
    """
    from agent.config.run import RunConfig
    from agent.config.tasks import our_tasks, task_definition
    from agent.tasks.build import build_task
    from agent.training.lifecycle.model import load_model

    for name in our_tasks():
        definition = task_definition(name)
        if not definition.starter().is_built:
            continue  # the first run trains it, with all threads
        task = build_task(RunConfig(task=name))
        load_model(task.model_path)
        for suite in () if definition.sandboxed else (task.training_suite, task.reference_suite):
            suite.score(task.known_good[:1])
