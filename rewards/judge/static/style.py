"""Checks the style of a program. Runs in the sandbox and does not execute the program."""

# The text of this file runs in the sandbox, so it imports only the standard library, and only at the top.

import ast
import builtins
from collections.abc import Iterator
from types import EllipsisType

_MAX_LINE = 110
_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def findings(source: str) -> list[str]:
    """Findings of these rules, under the names that ruff has for them, one line each, sorted.

    F401, F811, F841, ARG001, A001, A002, B006, B018, E501, E711, E712, E722, E731, PIE790, PLW0127, PLW0603,
    RET504 and S110; also unreachable code and constant conditions, for which ruff has no stable rule.
    """
    tree = ast.parse(source)
    found = [f"E501 line {n} is long" for n, t in enumerate(source.splitlines(), 1) if len(t) > _MAX_LINE]
    found += _unused_imports(tree)
    for node in ast.walk(tree):
        found += _of_node(node)
        if isinstance(node, _FUNCTIONS):
            found += _of_function(node)
        for body in _bodies(node):
            found += _of_body(body)
    return sorted(set(found))


def complexity(source: str) -> int:
    """Highest McCabe complexity of a function, 1 plus the number of its branches. 1 without a function.

    Branches are `if` statements and expressions, loops, `except` clauses, `case` clauses, comprehensions and
    their conditions, and each operand of `and` and `or` after the first.
    """
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, _FUNCTIONS)]
    return max((1 + sum(map(_branches, ast.walk(one))) for one in functions), default=1)


def nesting(source: str) -> int:
    """Highest number of blocks inside each other; 0 without a block."""
    return _depth(ast.parse(source))


def _branches(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    kinds = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
    return int(isinstance(node, kinds))


def _depth(node: ast.AST) -> int:
    # An `elif` is parsed as an `if` inside an `else`, but it is not nested deeper.
    inner = [
        _depth(child) - (isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If))
        for child in ast.iter_child_nodes(node)
    ]
    return isinstance(node, _BLOCKS) + max(inner, default=0)


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        body = getattr(node, field, None)
        if isinstance(body, list) and body:
            yield body


def _names(node: ast.AST, context: type) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def _unused_imports(tree: ast.Module) -> Iterator[str]:
    used = _names(tree, ast.Load)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = (alias.asname or alias.name).split(".")[0]
                if name not in used and getattr(node, "module", "") != "__future__":
                    yield f"F401 {name} is imported and unused"


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    used = _names(node, ast.Load)
    shared = {n for part in ast.walk(node) if isinstance(part, ast.Global | ast.Nonlocal) for n in part.names}
    for name in sorted(_names(node, ast.Store) - used - shared):
        if not name.startswith("_"):
            yield f"F841 {name} is assigned and unused"
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg not in used | {"self", "cls"} and not argument.arg.startswith("_"):
            yield f"ARG001 {argument.arg} is unused"
        if argument.arg in vars(builtins):
            yield f"A002 {argument.arg} hides a builtin"
    for default in (*arguments.defaults, *arguments.kw_defaults):
        if isinstance(default, ast.List | ast.Dict | ast.Set | ast.Call):
            yield "B006 a mutable default"


def _of_body(body: list[ast.stmt]) -> Iterator[str]:
    defined: set[str] = set()
    for number, node in enumerate(body):
        before = body[number - 1] if number else None
        if isinstance(before, _ENDS):
            yield f"line {node.lineno} is never reached"
        if isinstance(node, ast.Pass) and len(body) > 1:
            yield f"PIE790 line {node.lineno} is an unnecessary pass"
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            if node.name in defined:
                yield f"F811 {node.name} is defined again"
            defined.add(node.name)
        if isinstance(node, ast.Expr) and not _acts(node.value, first=number == 0):
            yield f"B018 line {node.lineno} does nothing"
        match before, node:
            case ast.Assign([ast.Name(name)]), ast.Return(ast.Name(returned)) if name == returned:
                yield f"RET504 {name} is assigned only to be returned"


def _acts(value: ast.expr, first: bool) -> bool:
    """Whether an expression has a purpose as a statement: a docstring, `...`, a call, `await` or `yield`."""
    is_body = first and isinstance(value, ast.Constant) and isinstance(value.value, str | EllipsisType)
    return is_body or isinstance(value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom)


def _of_node(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ExceptHandler(type=None):
            yield "E722 a bare except"
        case ast.ExceptHandler(body=[ast.Pass()]):
            yield "S110 an error is swallowed"
        case ast.Compare(ops=operators, comparators=values):
            for operator, value in zip(operators, values, strict=True):
                if isinstance(operator, ast.Eq | ast.NotEq) and isinstance(value, ast.Constant):
                    if value.value is None:
                        yield "E711 a comparison with None"
                    elif isinstance(value.value, bool):
                        yield "E712 a comparison with a boolean"
        case ast.Assign([ast.Name()], ast.Lambda()):
            yield "E731 a lambda with a name"
        case ast.Assign([ast.Name(name)], ast.Name(same)) if name == same:
            yield f"PLW0127 {name} is assigned to itself"
        case ast.Global():
            yield "PLW0603 a global statement"
        case ast.If(ast.Constant()) | ast.IfExp(ast.Constant()):
            yield "a condition that is constant"
        case ast.Name(name, ast.Store()) if name in vars(builtins):
            yield f"A001 {name} hides a builtin"
