"""Python values encoded as JSON with their types, and the comparison of an answer with an expected value.

None, booleans, numbers, text and lists are encoded as themselves. Other types are an object with one key:
`{"tuple": [...]}`, `{"set": [...]}`, `{"frozenset": [...]}`, `{"dict": [[key, value], ...]}`,
`{"bytes": "00ff"}`, `{"complex": [re, im]}`, and `{"int": "0x..."}` for integers of thousands of digits.
"""

import math
from collections.abc import Iterable
from typing import Any

_MAX_DECIMAL_BITS = 14_000
"""Longer integers are encoded in hexadecimal, because Python does not read over 4,300 decimal digits."""


class NotAValueError(ValueError):
    """A value without an encoding, such as a function, or JSON that is not the encoding of a value."""


def encode(value: Any) -> Any:
    """The encoding of `value`, as data for `json.dumps`.

    A value of a subclass is encoded as a value of its base class.

    Raises:
        NotAValueError: If `value` or a part of it has a type without an encoding.
        RecursionError: If `value` contains itself.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        small = value.bit_length() < _MAX_DECIMAL_BITS
        return int(value) if small else {"int": hex(value)}
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    for kind in (tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [encode(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, bytes | bytearray):
        return {"bytes": value.hex()}
    raise NotAValueError(f"a value of type {type(value).__name__} cannot be encoded")


def decode(encoded: Any) -> Any:
    """The value that `encoded` encodes. Only for trusted encodings: those of tests, never those of answers.

    Raises:
        NotAValueError: If `encoded` is not the encoding of a value.
    """
    if encoded is None or isinstance(encoded, bool | int | float | str):
        return encoded
    if isinstance(encoded, list):
        return [decode(item) for item in encoded]
    try:
        ((kind, content),) = encoded.items()
        if kind in _SEQUENCES:
            return _SEQUENCES[kind](decode(item) for item in content)
        if kind == "dict":
            return {decode(key): decode(item) for key, item in content}
        return _SCALARS[kind](content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotAValueError(f"{encoded!r:.80} encodes no value") from error


_SEQUENCES: dict[str, Any] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_SCALARS: dict[str, Any] = {
    "bytes": bytes.fromhex,
    "complex": lambda parts: complex(*parts),
    "int": lambda digits: int(digits, 16),
}


def matches(expected: Any, answer: Any, *, exact: bool = True, tolerance: float = 0.0) -> bool:
    """Whether `answer` encodes the value `expected`.

    The answer cannot be trusted, because its program is trained to get a reward by any means. So it is never
    decoded: the comparison walks through `expected`, and the size of `expected` limits its cost.

    Args:
        expected: The expected value.
        answer: The answer as `json.loads` returns it.
        exact: Whether types must be equal too; if not, `1`, `1.0` and `True` are equal, as for `==`.
        tolerance: Absolute difference up to which two numbers are equal if a float is expected.
    """
    if isinstance(expected, list):
        return isinstance(answer, list) and _all_match(expected, answer, exact, tolerance)
    for kind in (tuple, set, frozenset, dict):
        if isinstance(expected, kind):
            items = _content(kind.__name__, answer)
            if not exact and items is None and kind in (set, frozenset):
                items = _content("set" if kind is frozenset else "frozenset", answer)
            if not isinstance(items, list):
                return False
            if kind is tuple:
                return _all_match(expected, items, exact, tolerance)
            members = [list(pair) for pair in expected.items()] if isinstance(expected, dict) else expected
            return _match_in_any_order(members, items, exact, tolerance)
    if isinstance(expected, bytes):
        return bool(_content("bytes", answer) == expected.hex())
    scalar = _scalar(answer)
    if exact and type(scalar) is not type(expected):
        return False
    if tolerance and isinstance(expected, float) and isinstance(scalar, int | float):
        return _is_near(expected, scalar, tolerance)
    return bool(scalar == expected) and scalar is not _NO_SCALAR


_NO_SCALAR = object()


def _content(kind: str, answer: Any) -> Any:
    return answer.get(kind) if isinstance(answer, dict) and len(answer) == 1 else None


def _scalar(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return _NO_SCALAR if isinstance(answer, list) else answer
    try:
        ((kind, content),) = answer.items()
        return _SCALARS[kind](content) if kind in ("int", "complex") else _NO_SCALAR
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return _NO_SCALAR


def _is_near(expected: float, scalar: float, tolerance: float) -> bool:
    try:
        return math.isclose(expected, scalar, rel_tol=0.0, abs_tol=tolerance)
    except OverflowError:  # an integer that is too large for a float
        return False


def _all_match(expected: Iterable[Any], items: list[Any], exact: bool, tolerance: float) -> bool:
    values = list(expected)
    return len(values) == len(items) and all(
        matches(value, item, exact=exact, tolerance=tolerance)
        for value, item in zip(values, items, strict=True)
    )


def _match_in_any_order(expected: Iterable[Any], items: list[Any], exact: bool, tolerance: float) -> bool:
    remaining = list(expected)
    if len(remaining) != len(items):
        return False
    for item in items:
        index = next(
            (n for n, v in enumerate(remaining) if matches(v, item, exact=exact, tolerance=tolerance)), None
        )
        if index is None:
            return False
        del remaining[index]
    return True
