"""Controls a warm interpreter from outside: sends it programs, limits their time, reads their answers."""

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from rewards.code.sandbox.limits import Limits
from rewards.code.sandbox.program import Answer, Program, Result
from rewards.code.sandbox.walls import run_light
from rewards.code.sandbox.zygote import END, READY, RUN, STATUS

_START_SECONDS = 120.0
_STATUS_SECONDS = 60.0
_END_SECONDS = 10.0
_CHUNK = 1 << 16
_MAX_REASON_CHARS = 200
_CPU_LIMIT_SHARE = 0.5
"""A program that was killed after this share of its CPU time was killed by the CPU limit. Not 1, because the
kernel counts CPU time for its limit and for its report in different ways."""


_INVALID = "invalid answer"


class SandboxFaultError(RuntimeError):
    """The sandbox itself does not work. It is not the fault of a program."""


@dataclass
class _Received:
    """What a program has written so far: answers with their number of lines, and printed output."""

    answers: bytearray = field(default_factory=bytearray)
    output: bytearray = field(default_factory=bytearray)
    lines: int = 0


class Worker:
    """One warm interpreter. It is started when it is first needed, and again if it has died.

    Args:
        walls: Names of the walls around its programs.
        limits: Limits of each program.
        modules: Modules that programs can import in addition to the usual ones.
    """

    def __init__(self, walls: Sequence[str], limits: Limits, modules: Sequence[str] = ()) -> None:
        self._walls = tuple(walls)
        self._limits = limits
        self._modules = tuple(modules)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the interpreter; None if it does not run."""
        return None if self._process is None else self._process.pid

    def run(self, program: Program) -> Result:
        """The result of a program. If the sandbox itself fails, the result has a `fault`."""
        if len(program.code.encode("utf-8", "surrogatepass")) > self._limits.program_bytes:
            return Result(reason=f"the program is longer than {self._limits.program_bytes} bytes")
        try:
            return self._run(program, self._control or self._start())
        except (OSError, SandboxFaultError) as error:
            self.close()
            return Result(fault=f"the sandbox failed: {' '.join(str(error).split())}")

    def close(self) -> None:
        """End the interpreter and the program that runs in it."""
        if self._control is not None:
            self._control.close()  # the interpreter ends when this socket is closed
            self._control = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
            self._process.kill()
            self._process.communicate()
            self._process = None

    def forget(self) -> None:
        """Release the interpreter without ending it. For a forked process, whose parent owns it."""
        if self._control is not None:
            self._control.close()
            self._control = None
        self._process = None

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            settings = {
                "control": theirs.fileno(),
                "walls": self._walls,
                "modules": self._modules,
                "cpu_seconds": self._limits.cpu_seconds,
                "memory": self._limits.memory_mb << 20,
            }
            code = "from rewards.code.sandbox import zygote; zygote.serve(sys.argv[1])"
            self._process = run_light(code, json.dumps(settings), keep=[theirs.fileno()])
        self._control = ours
        ours.settimeout(_START_SECONDS)
        if ours.recv(1) != READY:
            _, errors = self._process.communicate()
            last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["it printed no error"]
            raise SandboxFaultError(f"its interpreter does not start: {last[0]}")
        ours.settimeout(_STATUS_SECONDS)
        return ours

    def _run(self, program: Program, control: socket.socket) -> Result:
        ours, theirs = socket.socketpair()
        output, their_output = os.pipe()
        received = _Received()
        try:
            try:
                socket.send_fds(control, [RUN], [theirs.fileno(), their_output])
            finally:
                theirs.close()
                os.close(their_output)
            job = {"code": program.code, "calls": [asdict(call) for call in program.calls]}
            reason = self._communicate(ours, output, json.dumps(job).encode(), len(program.calls), received)
            control.sendall(END)
            status, cpu_seconds = STATUS.unpack(_receive(control, STATUS.size))
            _drain(output, received.output, self._limits.output_bytes)
        finally:
            ours.close()
            os.close(output)
        text = received.output.decode(errors="replace")
        answers = read_answers(bytes(received.answers), len(program.calls))
        if reason is not None or len(answers) == len(program.calls) > 0:
            return Result(answers, None, text, reason or "")
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGKILL and cpu_seconds >= _CPU_LIMIT_SHARE * self._limits.cpu_seconds:
            return Result(answers, code, text, f"computed longer than {self._limits.cpu_seconds} s")
        if code == 0 and program.calls:
            return Result(answers, code, text, f"ended after {len(answers)} of {len(program.calls)} answers")
        return Result(answers, code, text, _exit_reason(code, text))

    def _communicate(
        self, channel: socket.socket, output: int, job: bytes, calls: int, received: _Received
    ) -> str | None:
        """Send the job and collect answers and output until the program is finished or exceeds a limit.

        Returns:
            The limit that it exceeds; None if it has answered all calls or has ended.
        """
        deadline = time.monotonic() + self._limits.wall_seconds
        channel.setblocking(False)
        unsent = memoryview(job)
        poll = select.poll()
        poll.register(channel, select.POLLIN | select.POLLOUT)
        poll.register(output, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            for descriptor, event in poll.poll(left * 1000):
                if descriptor == output:
                    part = os.read(output, _CHUNK)
                    if not part:
                        poll.unregister(output)
                    received.output += part
                    if len(received.output) > self._limits.output_bytes:
                        return f"printed more than {self._limits.output_bytes} bytes"
                    continue
                if event & select.POLLOUT:
                    unsent = unsent[_send(channel, unsent) :]
                    if not unsent:
                        with suppress(OSError):
                            channel.shutdown(socket.SHUT_WR)
                        poll.modify(channel, select.POLLIN)
                if event & ~select.POLLOUT:
                    part = _read(channel)
                    received.answers += part
                    received.lines += part.count(b"\n")
                    if len(received.answers) > self._limits.answer_bytes:
                        return f"answered more than {self._limits.answer_bytes} bytes"
                    if not part or 0 < calls <= received.lines:
                        return None
        return f"took longer than {self._limits.wall_seconds:g} s"


def read_answers(data: bytes, calls: int) -> tuple[Answer, ...]:
    """The answers in `data`, one per complete line, at most `calls` of them."""
    lines = data.split(b"\n")[:-1]
    return tuple(_read_answer(line) for line in lines[:calls])


def _read_answer(line: bytes) -> Answer:
    try:
        answer = json.loads(line.decode(), object_pairs_hook=_one_pair)
    except (ValueError, RecursionError):
        return Answer(error=_INVALID)
    match answer:
        case {"value": value}:
            return Answer(value)
        case {"error": str(error)}:
            return Answer(error=error or "an error")
    return Answer(error=_INVALID)


def _one_pair(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object of an answer. It must have exactly one key, so that no crafted keys are hashed."""
    if len(pairs) != 1:
        raise ValueError("an object must have exactly one key")
    return dict(pairs)


def _exit_reason(code: int, output: str) -> str:
    if code == 0:
        return ""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    last = output.strip().splitlines()[-1:] or ["it printed nothing"]
    return f"ended with {code}: {last[0][:_MAX_REASON_CHARS]}"


def _send(channel: socket.socket, data: memoryview) -> int:
    """Number of bytes sent; all of them if the reader has gone."""
    try:
        return channel.send(data[:_CHUNK])
    except BlockingIOError:
        return 0
    except OSError:
        return len(data)


def _read(channel: socket.socket) -> bytes:
    """Available bytes; empty at the end of the stream, also if a program ended without reading its job."""
    try:
        return channel.recv(_CHUNK)
    except OSError:
        return b""


def _drain(output: int, into: bytearray, limit: int) -> None:
    """Append what is still in the pipe `output` of an ended program to `into`, until `limit` is exceeded."""
    os.set_blocking(output, False)
    with suppress(BlockingIOError):
        while len(into) <= limit and (part := os.read(output, _CHUNK)):
            into += part


def _receive(control: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = control.recv(size - len(received))
        if not part:
            raise SandboxFaultError("its interpreter died")
        received += part
    return received
