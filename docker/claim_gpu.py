"""Claim a free GPU for one agent, then become that agent: the entrypoint of the image.

usage: python claim_gpu.py COMMAND [ARGUMENT ...]

COMMAND replaces this process, with CUDA_VISIBLE_DEVICES set to one GPU or one MIG slice that no other agent
on this host uses. The claim is an exclusive lock on a file named after the GPU. COMMAND inherits the lock,
and the kernel releases it when COMMAND ends, in whatever way.

Settings are read from the environment:

  GPU_LOCKS       folder of the lock files, the same for all agents of a host (default: gpu-locks in the
                  folder for temporary files)
  AGENTS_PER_GPU  agents that may share one GPU (default 1); the same for all agents of a host
  GPU_WAIT        seconds to wait for a free GPU before giving up (default 86400, a day)
  GPU_REQUIRED    1: fail if there is no GPU; 0: run COMMAND on the CPU instead (default 0)

If a scheduler has chosen a GPU already, it is used without a claim: CUDA_VISIBLE_DEVICES, as set by Slurm, or
DOCKER_RESOURCE_..., as set by Docker Swarm for the generic resources of a service.

Exit codes: 2 wrong setting; 69 nvidia-smi fails, or there is no GPU and GPU_REQUIRED is 1; 75 no GPU came
free in time; 127 no such command; otherwise that of COMMAND.
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
"""EX_UNAVAILABLE in sysexits.h."""
NONE_FREE = 75
"""EX_TEMPFAIL in sysexits.h."""
NO_COMMAND = 127
PREEMPTED = 128 + signal.SIGTERM

_POLL_SECONDS = 1.0
_LISTING_SECONDS = 60
"""Maximum time for nvidia-smi to list the GPUs; a driver that takes longer is assumed to hang."""


class ClaimError(Exception):
    """The command cannot be run. Has the exit code and a one-line reason."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def number(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    """The whole number in an environment variable, or `default` if it is not set.

    Raises:
        ClaimError: If the value is not a whole number in `allowed`.
    """
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) not in allowed:
        raise ClaimError(BAD_SETTING, f"{name} is {text!r}, not a number from {allowed[0]} to {allowed[-1]}")
    return int(text)


def chosen_elsewhere(environment: Mapping[str, str]) -> str | None:
    """The value for CUDA_VISIBLE_DEVICES that a scheduler has chosen; None if it has chosen none."""
    if "CUDA_VISIBLE_DEVICES" in environment:
        return environment["CUDA_VISIBLE_DEVICES"]
    resources = (value for name, value in sorted(environment.items()) if name.startswith("DOCKER_RESOURCE_"))
    return ",".join(value for value in resources if value.startswith(("GPU-", "MIG-"))) or None


def list_devices() -> list[str]:
    """UUIDs of the GPUs, or MIG slices, of this machine; empty if there is no driver.

    Uses nvidia-smi and not CUDA, which would allocate memory on every GPU.

    Raises:
        ClaimError: If the driver fails. Training on the CPU instead would hide that.
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
        output = " ".join((listing.stdout + listing.stderr).split())
        raise ClaimError(NO_GPU, f"nvidia-smi -L fails with {listing.returncode}: {output}")
    return parse_listing(listing.stdout)


def parse_listing(text: str) -> list[str]:
    """UUIDs in the output of `nvidia-smi -L`; a GPU that is divided into MIG slices is replaced by them."""
    devices: list[str] = []
    for uuid in re.findall(r"\(UUID: (\S+)\)", text):
        if uuid.startswith("MIG-") and devices and devices[-1].startswith("GPU-"):
            devices.pop()
        devices.append(uuid)
    return devices


def claim_one(devices: Sequence[str], folder: Path, slots: int) -> str | None:
    """A device that was free and is now locked; None if all are taken.

    The lock is held until the last process that inherits it has ended. Every device gets its first agent
    before any gets its second.

    Raises:
        OSError: If the folder cannot be used.
    """
    for slot in range(slots):
        for device in devices:
            path = folder / f"{device.replace('/', '_')}.{slot}.lock"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            # Agents of other users lock the same file, whatever the umask. Only its owner can set the mode.
            with suppress(PermissionError):
                os.fchmod(descriptor, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            os.set_inheritable(descriptor, True)
            return device
    return None


def wait_for_one(devices: Sequence[str], folder: Path, slots: int, timeout: int) -> str:
    """A device that is locked for this process, after waiting up to `timeout` seconds for a free one.

    Raises:
        ClaimError: If no device came free in time, or the folder cannot be used.
    """
    taken = f"all {len(devices)} GPUs are taken ({slots} agent(s) each, locks in {folder})"
    deadline = time.monotonic() + timeout
    reported = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):
            folder.chmod(0o777)
        while (device := claim_one(devices, folder, slots)) is None:
            if time.monotonic() >= deadline:
                raise ClaimError(NONE_FREE, f"{taken} and none came free within {timeout} s (GPU_WAIT)")
            if not reported:
                log(f"{taken}; waiting up to {timeout} s (GPU_WAIT) for a free one")
                reported = True
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        raise ClaimError(BAD_SETTING, f"cannot lock in {folder} (GPU_LOCKS): {error.strerror}") from None
    return device


def choose(environment: Mapping[str, str]) -> str:
    """The value of CUDA_VISIBLE_DEVICES for the command; empty if there is no GPU.

    Raises:
        ClaimError: If a setting is wrong, a GPU is required and there is none, or none came free in time.
    """
    slots = number(environment, "AGENTS_PER_GPU", 1, range(1, 65))
    timeout = number(environment, "GPU_WAIT", 86400, range(10**9))
    required = number(environment, "GPU_REQUIRED", 0, range(2))
    folder = Path(environment.get("GPU_LOCKS") or Path(tempfile.gettempdir(), "gpu-locks"))
    chosen = chosen_elsewhere(environment)
    if chosen is None:
        devices = list_devices()
        chosen = wait_for_one(devices, folder, slots, timeout) if devices else ""
    if required and not chosen:
        raise ClaimError(NO_GPU, "GPU_REQUIRED is 1, and nvidia-smi finds no GPU here")
    return chosen


def log(message: str) -> None:
    """Write one line to the log of the container."""
    print(f"claim_gpu: {message}", file=sys.stderr, flush=True)


def main(command: Sequence[str]) -> NoReturn:
    """Claim a GPU and replace this process with `command`."""
    if not command or command[0] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if command else BAD_SETTING)
    # The first process of a container ignores SIGTERM unless it has a handler.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(PREEMPTED))
    try:
        chosen = choose(os.environ)
    except ClaimError as failure:
        log(str(failure))
        sys.exit(failure.code)
    log(f"GPU {chosen}" if chosen else "no GPU here: on the CPU")
    try:
        os.execvpe(command[0], list(command), {**os.environ, "CUDA_VISIBLE_DEVICES": chosen})
    except OSError as error:
        log(f"cannot run {command[0]}: {error.strerror}")
        sys.exit(NO_COMMAND)


if __name__ == "__main__":
    main(sys.argv[1:])
