"""Translates `assert` lines to test cases, so that the expected values stay outside of the sandbox."""

import ast
from typing import Any

from rewards.code.problems.cases import Case, case_of
from rewards.code.sandbox.program import THROUGH

_RELATIVE_TOLERANCE = 1e-9
"""Default `rel_tol` of `math.isclose`."""


class UntranslatableError(ValueError):
    """A test that is not the comparison of one call with a literal."""


def cases_from(source: str) -> list[Case]:
    """The test cases in lines of `assert` statements, in order.

    The accepted forms are `assert f(...)`, `assert not f(...)`, `f(...) == literal` in either order,
    `f(...) is None` (or True, False), `abs(f(...) - literal) < literal`,
    `math.isclose(f(...), literal, ...)`, and a builtin around the call: `sorted(f(...)) == literal`.
    Values are compared as by Python's `==`: `1`, `1.0` and `True` are equal.

    Raises:
        UntranslatableError: If there is no line, `source` is not valid Python, or a line has another form.
    """
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise UntranslatableError(
            f"the tests are not valid Python: {error.msg} in {error.text!r:.80}"
        ) from error
    if not lines:
        raise UntranslatableError("there is no `assert` line")
    return [_case(line) for line in lines]


def _case(line: ast.stmt) -> Case:
    try:
        if isinstance(line, ast.Assert):
            return _from_condition(line.test)
    except (ValueError, TypeError):
        pass
    raise UntranslatableError(
        f"cannot translate {ast.unparse(line)!r:.120}: write it as `assert f(arguments) == literal`, "
        "or as a case with its arguments and the expected value"
    )


def _from_condition(test: ast.expr) -> Case:
    match test:
        case ast.UnaryOp(ast.Not(), operand):
            return _called(operand, False, through="bool")
        case ast.Compare(left, [ast.Is()], [ast.Constant(None | True | False as truth)]):
            return _called(left, truth, exact=True)
        case ast.Compare(left, [ast.Eq()], [right]):
            return _called(left, _literal(right)) if _is_call(left) else _called(right, _literal(left))
        case ast.Compare(
            ast.Call(ast.Name("abs"), [ast.BinOp(left, ast.Sub(), right)], []),
            [ast.Lt() | ast.LtE()],
            [limit],
        ):
            call, other = (left, right) if _is_call(left) else (right, left)
            return _called(call, float(_literal(other)), tolerance=float(_literal(limit)))
        case ast.Call(ast.Attribute(ast.Name("math"), "isclose"), [left, right], keywords):
            call, other = (left, right) if _is_call(left) else (right, left)
            value = float(_literal(other))
            given = {keyword.arg: float(_literal(keyword.value)) for keyword in keywords}
            relative = given.pop("rel_tol", _RELATIVE_TOLERANCE) * abs(value)
            tolerance = max(relative, given.pop("abs_tol", 0.0))
            if given:
                raise ValueError("an argument that isclose does not have")
            return _called(call, value, tolerance=tolerance)
    return _called(test, True, through="bool")


def _is_call(node: ast.expr) -> bool:
    """Whether `node` calls a function of the program, directly or inside a builtin."""
    match node:
        case ast.Call(ast.Name(name), [inner], []) if name in THROUGH:
            return _is_call(inner)
        case ast.Call(ast.Name()):
            return True
    return False


def _called(
    node: ast.expr, expected: Any, through: str = "", exact: bool = False, tolerance: float = 0.0
) -> Case:
    match node:
        case ast.Call(ast.Name(name), [inner], []) if name in THROUGH and not through:
            return _called(inner, expected, name, exact, tolerance)
        case ast.Call(ast.Name(name), arguments, keywords) if name not in THROUGH:
            given: dict[str, Any] = {}
            for keyword in keywords:
                if keyword.arg is None:
                    raise ValueError("** is not a literal")
                given[keyword.arg] = _literal(keyword.value)
            return case_of(
                name,
                [_literal(argument) for argument in arguments],
                expected,
                keywords=given,
                through=through,
                exact=exact,
                tolerance=tolerance,
            )
    raise ValueError("not a call of a function")


def _literal(node: ast.expr) -> Any:
    """The value of a literal, or of a builtin such as `set` of literals."""
    match node:
        case ast.Call(ast.Name(name), arguments, []) if name in THROUGH:
            return THROUGH[name](*[_literal(argument) for argument in arguments])
    return ast.literal_eval(node)
