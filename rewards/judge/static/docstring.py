"""Grades the docstring of a program. Runs in the sandbox and does not execute the program."""

# The text of this file runs in the sandbox, so it imports only the standard library, and only at the top.

import ast
import re

_MAX_WORDS = 400
"""Number of words of a docstring that are compared. Further words count as wrong."""


def documentation(source: str, function: str, reference: str) -> float:
    """Similarity of a function's docstring to the docstring `reference`, in [0, 1].

    ROUGE-L (Lin 2004) of lower-cased words: 2 l / (n + m) for texts of n and m words whose longest common
    subsequence has l words. Missing, additional, repeated and reordered words lower it.
    """
    words, expected = _words(docstring(source, function)), _words(reference)
    return 2 * _common(words[:_MAX_WORDS], expected) / max(1, len(words) + len(expected))


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
        diagonal = 0
        for column, other in enumerate(right, 1):
            longest = diagonal + 1 if word == other else max(row[column], row[column - 1])
            diagonal, row[column] = row[column], longest
    return row[-1]
