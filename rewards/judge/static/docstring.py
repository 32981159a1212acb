"""Measures a docstring. Runs inside the sandbox on the text of a program, which is not executed here."""

# This file is sent to the sandbox as text, so it imports the standard library alone and nothing lazily.

import ast
import re

_MAX_WORDS = 400
"""Words of a docstring that are compared with the reference; further ones count as superfluous."""


def documentation(source: str, function: str, reference: str) -> float:
    """How well the docstring of a function says what the reference says, in [0, 1].

    ROUGE-L (Lin 2004) over lower-cased words: the F1 of the longest common subsequence, 2 l / (n + m) for
    texts of n and m words. Words left out, added, repeated or in another order all cost.
    """
    said, wanted = _words(docstring(source, function)), _words(reference)
    return 2 * _common(said[:_MAX_WORDS], wanted) / max(1, len(said) + len(wanted))


def docstring(source: str, function: str) -> str:
    """Docstring of a function at the top level of `source`; empty if it has none."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return ast.get_docstring(node) or ""
    return ""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _common(left: list[str], right: list[str]) -> int:
    """Length of the longest common subsequence of two lists of words."""
    row = [0] * (len(right) + 1)
    for word in left:
        above = 0
        for place, other in enumerate(right, 1):
            above, row[place] = row[place], above + 1 if word == other else max(row[place], row[place - 1])
    return row[-1]
