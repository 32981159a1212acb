"""Encoding of values, and their comparison with expected values."""

import json
import math
from collections import Counter, namedtuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.code.problems.values import NotAValueError, decode, encode, matches
from rewards.code.sandbox.worker import read_answers

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.complex_numbers(allow_nan=False),
)
keys = st.one_of(st.integers(), st.text(), st.booleans(), st.tuples(st.integers(), st.text()))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.sets(keys, max_size=4),
        st.frozensets(keys, max_size=4),
    ),
    max_leaves=12,
)


@given(values)
def test_every_value_round_trips_with_its_type(value: Any) -> None:
    wire = json.loads(json.dumps(encode(value)))
    back = decode(wire)
    assert back == value
    assert type(back) is type(value)
    assert matches(value, wire)
    assert matches(value, wire, exact=False)


@given(values, values)
def test_inexact_matching_agrees_with_python_equality(one: Any, other: Any) -> None:
    wire = json.loads(json.dumps(encode(other)))
    assert matches(one, wire, exact=False) == (one == other)
    if matches(one, wire):
        assert one == other


def test_integers_of_any_length_can_be_encoded() -> None:
    number = -(7**9000)
    wire = json.loads(json.dumps(encode(number)))
    assert matches(number, wire)
    assert not matches(number + 1, wire)


def test_instances_of_subclasses_match_as_their_base_class() -> None:
    pair = namedtuple("pair", "a b")
    assert matches({"a": 2}, encode(Counter("aa")))
    assert matches((1, 2), encode(pair(1, 2)))
    assert matches(b"ab", encode(bytearray(b"ab")))


@pytest.mark.parametrize(
    ("expected", "answer", "exact", "python"),
    [
        (1, 1.0, False, True),
        (1, True, False, True),
        (0.0, False, False, True),
        (1, "1", False, False),
        ([1], {"tuple": [1]}, False, False),
        ({1}, {"frozenset": [1]}, False, True),
        ({1, 2}, {"set": [2, 1]}, True, True),
        ({1, 2}, {"set": [1, 1]}, False, False),
        ({1: "a"}, {"dict": [[1, "a"]]}, True, True),
        ({1: "a"}, {"dict": [["1", "a"]]}, False, False),
        (None, False, False, False),
        (None, None, True, True),
    ],
)
def test_exact_and_inexact_matching(expected: Any, answer: Any, exact: bool, python: bool) -> None:
    assert matches(expected, answer) is exact
    assert matches(expected, answer, exact=False) is python


def test_tolerance_applies_only_to_numbers_where_a_float_is_expected() -> None:
    assert matches([1.0, "a"], [1.05, "a"], tolerance=0.1)
    assert matches(1.0, 1, exact=False, tolerance=0.1)
    assert not matches(1.0, 1.2, tolerance=0.1)
    assert not matches(1.0, math.nan, tolerance=0.1)
    assert not matches(1, 1.05, exact=False, tolerance=0.1)
    assert not matches(1.0, {"int": hex(10**400)}, exact=False, tolerance=0.1)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"list": [1]},
        {"int": "x"},
        {"int": None},
        {"complex": ["x"]},
        {"set": 1},
        {"dict": [1]},
        {"dict": [[1]]},
        {"bytes": 3},
    ],
)
def test_malformed_answers_match_nothing(answer: Any) -> None:
    for expected in (None, 1, 1.0, 1j, "a", b"a", [1], (1,), {1}, frozenset({1}), {1: 1}):
        for exact in (True, False):
            assert matches(expected, answer, exact=exact) is False


answers = st.recursive(
    st.one_of(scalars.filter(lambda value: not isinstance(value, bytes | complex)), st.just(10**400)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["int", "complex", "tuple", "set", "dict", "bytes", "x"]), inner, max_size=1
        ),
    ),
    max_leaves=12,
)


@given(values, answers, st.booleans(), st.sampled_from([0.0, 0.5]))
def test_matching_any_answer_never_raises(expected: Any, answer: Any, exact: bool, tolerance: float) -> None:
    """A program that makes the comparison raise would be unscored instead of scored 0."""
    assert matches(expected, answer, exact=exact, tolerance=tolerance) in (True, False)


@pytest.mark.parametrize("value", [object(), len, iter([]), {"a": object()}, range(3)])
def test_unsupported_values_cannot_be_encoded(value: Any) -> None:
    with pytest.raises(NotAValueError):
        encode(value)


@pytest.mark.parametrize(
    "encoded", [{}, {"what": 1}, {"tuple": 1, "set": 2}, {"bytes": "zz"}, {"dict": [1]}, {"set": [[1]]}]
)
def test_malformed_encodings_are_refused(encoded: Any) -> None:
    with pytest.raises(NotAValueError):
        decode(encoded)


@given(st.binary(max_size=200), st.integers(0, 5))
def test_reading_answers_from_any_bytes_never_raises(heard: bytes, calls: int) -> None:
    assert len(read_answers(heard, calls)) == min(calls, heard.count(b"\n"))


def test_incomplete_and_malformed_answers_are_not_counted() -> None:
    heard = b'{"value": 1}\n{"value": 2}\n{"value": 1, "value": 2}\n[1]\n{"value": 3}'
    answers = read_answers(heard, 9)
    assert [answer.value for answer in answers] == [1, 2, None, None]
    assert [bool(answer.error) for answer in answers] == [False, False, True, True]
