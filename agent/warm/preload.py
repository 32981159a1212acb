"""The imports and warm-up of the warm parent before its first fork, which runs then need not do."""

import importlib

_MODULES = (
    "agent.entrypoint",
    "agent.tracking.sinks",
    "agent.training.run",
    "wandb",
    "wandb.sdk.launch",  # `wandb.init` imports it in every run
)


def preload() -> None:
    """Import what a run needs and use it once, without starting threads, which would not exist in a child."""
    import torch

    # Threads of a parallel region do not exist in a child, whose first parallel region would wait for them.
    torch.set_num_threads(1)
    for name in _MODULES:
        importlib.import_module(name)
    _warm_up()


def _warm_up() -> None:
    """Load each starter that is built and score a text with its rewards, for lazy imports and kernels.

    Sandboxed rewards are not used: a sandbox has threads, which would not exist in a child.
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
