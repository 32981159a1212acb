"""Files with the verdicts of an endpoint and the number of tokens spent on them. Processes may share them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from rewards.files.atomic_write import write_text
from rewards.judge.endpoint.answer import MalformedError, read_verdict
from rewards.judge.verdict import Verdict


@dataclass(frozen=True)
class VerdictCache:
    """Stores each verdict in a file. Any number of processes may share the folder.

    Attributes:
        folder: Folder of the files. The first write creates it.
    """

    folder: Path

    def key(self, *parts: str) -> str:
        """SHA-256 in hex of `parts`, which are all that a verdict depends on. It names the verdict's file."""
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def get(self, key: str) -> Verdict | None:
        """The stored verdict; None if there is none or its file is damaged."""
        try:
            return read_verdict(self._file(key).read_text(encoding="utf-8"))
        except (FileNotFoundError, MalformedError, UnicodeDecodeError):
            return None

    def put(self, key: str, verdict: Verdict) -> None:
        """Store a verdict. Its file is written completely or not at all."""
        write_text(self._file(key), json.dumps(vars(verdict)))

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


@dataclass(frozen=True)
class Account:
    """Counts the tokens that all processes with the same folder spend.

    Attributes:
        folder: Folder of the file. The first write creates it.
    """

    folder: Path

    @property
    def file(self) -> Path:
        """Path of the file with the number as text. Without the file the number is 0."""
        return self.folder / "tokens_spent"

    def spent(self) -> int:
        """Number of tokens spent so far.

        Raises:
            ValueError: If the file does not contain a number.
        """
        try:
            return int(self.file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0

    def charge(self, tokens: int) -> None:
        """Add `tokens` to the number of tokens spent."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.file}.lock"):
            write_text(self.file, str(self.spent() + tokens))
