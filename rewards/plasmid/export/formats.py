"""`TextFormat`, what a format of text files defines, and the sequence as files hold it."""

import re
from abc import ABC, abstractmethod

from rewards.explain import Explained

_NOT_DNA = re.compile("[^ACGTRYSWKMBDHVNacgtryswkmbdhvn]")


class TextFormat(ABC):
    """Turns records into the text of one file, one record at a time."""

    between = ""
    """Text between two records."""

    def head(self, first: Explained) -> str:
        """Text before the first record; empty unless a format overrides it."""
        return ""

    @abstractmethod
    def text(self, explained: Explained) -> str:
        """The text of one record."""

    def tail(self, records: int) -> str:
        """Text behind the last of so many records; empty unless a format overrides it."""
        return ""


def dna_of(explained: Explained) -> str:
    """The sequence as written; a letter that stands for no base becomes N, so that positions stay."""
    return _NOT_DNA.sub("N", explained.record.sequence)
