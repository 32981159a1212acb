"""Claim a free GPU for one agent, then become that agent: the entrypoint of the image.

usage: python claim_gpu.py COMMAND [ARGUMENT ...]

COMMAND runs in place of this process with CUDA_VISIBLE_DEVICES set to one GPU, or one MIG slice, that no
other agent of this host holds. The claim is an exclusive lock on a file named after the GPU. COMMAND inherits
it, and the kernel drops it when COMMAND ends, in whatever way.

Settings are read from the environment:

  GPU_LOCKS       folder of the lock files, the same for all agents of a host (default: gpu-locks in the
                  folder for temporary files)
  AGENTS_PER_GPU  agents that may share one GPU (default 1); the same for all agents of a host
  GPU_WAIT        seconds to wait for a free GPU before giving up (default 86400, a day)
  GPU_REQUIRED    1: fail where there is no GPU; 0: run COMMAND on the CPU there (default 0)

A GPU that was chosen elsewhere is taken as it is, without a claim: CUDA_VISIBLE_DEVICES, as Slurm sets it, or
DOCKER_RESOURCE_..., which Docker Swarm sets for the generic resources of a service.

Exit codes: 2 wrong setting, 69 no GPU where one is required or nvidia-smi fails, 75 no GPU came free in time,
127 no such command; otherwise those of COMMAND.
"""

import fcntl
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

BAD_SETTING = 2
NO_GPU = 69
"""EX_UNAVAILABLE of sysexits.h."""
NONE_FREE = 75
"""EX_TEMPFAIL of sysexits.h."""
NO_COMMAND = 127
PREEMPTED = 128 + signal.SIGTERM

_POLL_SECONDS = 1.0
_LISTING_SECONDS = 60
"""A driver that does not list its GPUs in this time is taken to hang."""


class ClaimError(Exception):
    """The command cannot be run; holds the exit code and one line that says why."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def number(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    """Read a whole number from the environment.

    Raises:
        ClaimError: it is none, or not among those allowed.
    """
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) not in allowed:
        raise ClaimError(BAD_SETTING, f"{name} is {text!r}, not a number from {allowed[0]} to {allowed[-1]}")
    return int(text)


def chosen_elsewhere(environment: Mapping[str, str]) -> str | None:
    """The value of CUDA_VISIBLE_DEVICES where a scheduler chose already; None where nobody did."""
    if "CUDA_VISIBLE_DEVICES" in environment:
        return environment["CUDA_VISIBLE_DEVICES"]
    resources = (value for name, value in sorted(environment.items()) if name.startswith("DOCKER_RESOURCE_"))
    return ",".join(value for value in resources if value.startswith(("GPU-", "MIG-"))) or None


def list_devices() -> list[str]:
    """UUIDs of the GPUs, or MIG slices, of this machine; empty where there is no driver.

    The driver's own tool is asked, not CUDA, which would take memory on every GPU it looks at.

    Raises:
        ClaimError: there is a driver and it fails: training on the CPU instead would hide that.
    """
    try:
        listing = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, check=False, timeout=_LISTING_SECONDS
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ClaimError(NO_GPU, f"nvidia-smi cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ClaimError(NO_GPU, f"nvidia-smi -L does not answer within {_LISTING_SECONDS} s") from None
    if listing.returncode:
        said = " ".join((listing.stdout + listing.stderr).split())
        raise ClaimError(NO_GPU, f"nvidia-smi -L fails with {listing.returncode}: {said}")
    return parse_listing(listing.stdout)


def parse_listing(text: str) -> list[str]:
    """UUIDs in the output of `nvidia-smi -L`; a GPU that is cut into MIG slices is replaced by them."""
    devices: list[str] = []
    for uuid in re.findall(r"\(UUID: (\S+)\)", text):
        if uuid.startswith("MIG-") and devices and devices[-1].startswith("GPU-"):
            devices.pop()
        devices.append(uuid)
    return devices


def claim_one(devices: Sequence[str], folder: Path, slots: int) -> str | None:
    """Lock a free device until the last process that inherits the lock is gone; None where all are taken.

    Every device gets its first agent before any gets its second.

    Raises:
        OSError: the folder cannot be used.
    """
    for slot in range(slots):
        for device in devices:
            path = folder / f"{device.replace('/', '_')}.{slot}.lock"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            with suppress(PermissionError):  # whoever made it has done this
                os.fchmod(descriptor, 0o666)  # farms of other users share it, whatever the umask
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            os.set_inheritable(descriptor, True)
            return device
    return None


def wait_for_one(devices: Sequence[str], folder: Path, slots: int, patience: int) -> str:
    """Claim a device, waiting up to `patience` seconds for one.

    Raises:
        ClaimError: none came free in time, or the folder cannot be used.
    """
    taken = f"all {len(devices)} GPUs are taken ({slots} agent(s) each, locks in {folder})"
    give_up = time.monotonic() + patience
    said = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):
            folder.chmod(0o777)
        while (device := claim_one(devices, folder, slots)) is None:
            if time.monotonic() >= give_up:
                raise ClaimError(NONE_FREE, f"{taken} and none came free within {patience} s (GPU_WAIT)")
            if not said:
                say(f"{taken}; waiting up to {patience} s (GPU_WAIT) for a free one")
                said = True
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        raise ClaimError(BAD_SETTING, f"cannot lock in {folder} (GPU_LOCKS): {error.strerror}") from None
    return device


def choose(environment: Mapping[str, str]) -> str:
    """The CUDA_VISIBLE_DEVICES to run with; empty where there is no GPU.

    Raises:
        ClaimError: a setting is wrong, a GPU is required and there is none, or none came free.
    """
    slots = number(environment, "AGENTS_PER_GPU", 1, range(1, 65))
    patience = number(environment, "GPU_WAIT", 86400, range(10**9))
    required = number(environment, "GPU_REQUIRED", 0, range(2))
    folder = Path(environment.get("GPU_LOCKS") or Path(tempfile.gettempdir(), "gpu-locks"))
    chosen = chosen_elsewhere(environment)
    if chosen is None:
        devices = list_devices()
        chosen = wait_for_one(devices, folder, slots, patience) if devices else ""
    if required and not chosen:
        raise ClaimError(NO_GPU, "GPU_REQUIRED is 1, and nvidia-smi finds no GPU here")
    return chosen


def say(message: str) -> None:
    """Print one line to the log of the container."""
    print(f"claim_gpu: {message}", file=sys.stderr, flush=True)


def main(command: Sequence[str]) -> NoReturn:
    """Claim a GPU and become `command`."""
    if not command or command[0] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if command else BAD_SETTING)
    # As the first process of a container, one without a handler would not hear SIGTERM while it waits.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(PREEMPTED))
    try:
        chosen = choose(os.environ)
    except ClaimError as failure:
        say(str(failure))
        sys.exit(failure.code)
    say(f"GPU {chosen}" if chosen else "no GPU here: on the CPU")
    try:
        os.execvpe(command[0], list(command), {**os.environ, "CUDA_VISIBLE_DEVICES": chosen})
    except OSError as error:
        say(f"cannot run {command[0]}: {error.strerror}")
        sys.exit(NO_COMMAND)


if __name__ == "__main__":
    main(sys.argv[1:])
