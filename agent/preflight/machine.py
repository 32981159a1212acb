"""Checks of the machine that runs are trained on: device, memory and disk."""

import os
import shutil
from pathlib import Path

import psutil
import torch

from agent.config.run import RunConfig
from agent.preflight.check import Check
from agent.preflight.memory import Shape, peak_bytes, saved_bytes

_GB = 1e9
_TIGHT = 0.8
"""Share of the free memory above which an estimate gives a warning."""


def check_device() -> Check:
    """The device that trains.

    It is an error if this agent was given a GPU that torch cannot use: it must not train on the CPU instead.
    """
    if torch.cuda.is_available():
        return Check("device", "ok", torch.cuda.get_device_name(0))
    assigned = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    if assigned not in ("", "-1"):  # these two values hide every GPU
        text = f"torch {torch.__version__} cannot use {assigned} (CUDA_VISIBLE_DEVICES)"
        return Check("device", "error", f"{text}: install a CUDA build of torch, or check the driver")
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count()
    return Check("device", "ok", f"CPU, {cores} cores")


def check_memory(shape: Shape, largest: RunConfig, agents_here: int) -> Check:
    """Whether the largest run of a sweep fits into this agent's share of the free memory.

    Args:
        shape: Of the model.
        largest: Parameters of the run that needs most memory.
        agents_here: Number of agents that share this machine.
    """
    needed = peak_bytes(shape, largest)
    if torch.cuda.is_available():
        free = torch.cuda.mem_get_info()[0]
    else:
        free = psutil.virtual_memory().available // agents_here
    text = f"the largest run takes about {needed / _GB:.2f} GB of {free / _GB:.1f} GB free"
    if needed > free:
        return Check("memory", "error", f"{text}: lower per_device_train_batch_size or max_completion_length")
    level = "warning" if needed > _TIGHT * free else "ok"
    return Check("memory", level, text)  # type: ignore[arg-type]


def check_disk(folder: Path, shape: Shape, agents_here: int) -> Check:
    """Whether the files of `agents_here` runs at a time fit onto the disk of `folder`.

    Args:
        folder: Where runs are saved; need not exist.
        shape: Of the model.
        agents_here: Number of agents that share this machine.
    """
    existing = next(parent for parent in [folder.absolute(), *folder.absolute().parents] if parent.exists())
    free = shutil.disk_usage(existing).free
    needed = saved_bytes(shape) * agents_here
    text = f"running runs save up to {needed / _GB:.2f} GB, {free / _GB:.1f} GB free at {existing}"
    if needed > free:
        return Check("disk", "error", f"{text}: free some space, or set SWEEPFARM_RUNS to another disk")
    return Check("disk", "ok", text)
