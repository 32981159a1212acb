"""What the warm parent does before its first fork, so that no run has to."""

import importlib

_MODULES = (
    "agent.entrypoint",
    "agent.tracking.sinks",
    "agent.training.run",
    "wandb",
    "wandb.sdk.launch",  # `wandb.init` imports it in every run
)
_DNA = "ATGACCATGATTACGGATTCACTGGCCGTCGTTTTACAACGTCGTGACTGGGAAAACCCTGGCGTTACCCAACTTAATCGCC" * 4


def preload() -> None:
    """Import what a run needs and rehearse it once, without starting a thread that a fork would lose."""
    import torch

    # The threads of a parallel region would not exist in a child, and its first region would wait for them.
    torch.set_num_threads(1)
    for name in _MODULES:
        importlib.import_module(name)
    _rehearse()


def _rehearse() -> None:
    """Load the starter and score one sequence: that brings in lazy imports, kernels and the library."""
    from agent.config.run import RunConfig
    from agent.tasks.build import build_task
    from agent.tasks.plasmid.starter import is_built
    from agent.training.model import load_model
    from rewards.base import Sample

    if not is_built():
        return  # the first run trains it, with all threads
    task = build_task(RunConfig())
    load_model(task.model_path)
    for suite in (task.training_suite, task.reference_suite):
        suite.score([Sample("", _DNA)])
