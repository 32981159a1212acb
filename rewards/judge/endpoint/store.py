"""What outlives a process: verdicts that were paid for, and how much was."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from rewards.judge.endpoint.answer import MalformedError, read_verdict
from rewards.judge.verdict import Verdict


@dataclass(frozen=True)
class VerdictCache:
    """Verdicts in files, named by what they are about. Any number of processes may share the folder.

    Attributes:
        folder: Made when it is first written to.
    """

    folder: Path

    def key(self, *parts: str) -> str:
        """A name for everything that a verdict depends on."""
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def get(self, key: str) -> Verdict | None:
        """A verdict; None where there is none, or where its file is damaged and so worth asking anew."""
        try:
            return read_verdict(self._file(key).read_text(encoding="utf-8"))
        except (FileNotFoundError, MalformedError, UnicodeDecodeError):
            return None

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict. It appears whole or not at all."""
        _replace(self._file(key), json.dumps(vars(verdict)))

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


@dataclass(frozen=True)
class Account:
    """Tokens spent from a folder, by all processes together.

    Attributes:
        folder: Made when it is first written to.
    """

    folder: Path

    @property
    def file(self) -> Path:
        """A number, for people too; removing it begins a new account."""
        return self.folder / "tokens_spent"

    def spent(self) -> int:
        """Tokens so far.

        Raises:
            ValueError: If the file holds no number.
        """
        try:
            return int(self.file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0

    def charge(self, tokens: int) -> None:
        """Add to what was spent."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.file}.lock"):
            _replace(self.file, str(self.spent() + tokens))


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
