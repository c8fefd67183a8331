"""Mutants of a module: each is its source with one operator, constant or returned value changed."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    line: int
    change: str
    source: str


def mutants_of(path: Path, module: str) -> Iterator[Mutant]:
    """Yield every mutant of a file in order; annotations, docstrings and messages are left alone."""
    tree = ast.parse(path.read_text("utf-8"))
    sites = [node for node in _code(tree) if _changed(copy.deepcopy(node)) is not None]
    order = {id(node): number for number, node in enumerate(ast.walk(tree))}
    for node in sites:
        other = copy.deepcopy(tree)
        target = list(ast.walk(other))[order[id(node)]]
        change = _changed(target)
        assert change is not None
        yield Mutant(module, getattr(node, "lineno", 0), change, ast.unparse(ast.fix_missing_locations(other)))


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that compute: no annotation, no docstring, no text of an exception."""
    for name, part in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for node in part if isinstance(part, list) else [part]:
            if not isinstance(node, ast.AST) or isinstance(
                node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr
            ):
                continue
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            yield node
            yield from _code(node)


def _changed(node: ast.AST) -> str | None:
    """Change a node where it stands; return what was done, None where nothing can be."""
    before = ast.unparse(node) if isinstance(node, ast.expr | ast.Return | ast.AugAssign) else ""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        node.ops[0] = COMPARE[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in ARITHMETIC:
        node.op = ARITHMETIC[type(node.op)]()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert | ast.Not):
        node.op = ast.UAdd() if isinstance(node.op, ast.Not) else ast.Invert()
        node.operand = _inverted(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        node.value += 1
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        node.value = ast.Constant(value=None)
    else:
        return None
    return f"{before[:80]} -> {ast.unparse(node)[:80]}"


def _inverted(node: ast.UnaryOp) -> ast.expr:
    """Return the operand such that `~x` becomes `~~x`, and `not x` becomes `+bool(x)`."""
    if isinstance(node.op, ast.Invert):
        return ast.UnaryOp(op=ast.Invert(), operand=node.operand)
    return ast.Call(func=ast.Name(id="bool", ctx=ast.Load()), args=[node.operand], keywords=[])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
