"""Every small change of a module that could take a rule away, as source text."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_SWAPPED: Final[dict[type[ast.AST], tuple[type[ast.AST], ...]]] = {
    ast.Lt: (ast.LtE,),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE,),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.BitAnd: (ast.BitOr,),
}
_NAMES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one thing changed; `name` says which, line numbers left out so that it lasts."""

    path: str
    line: int
    name: str
    source: str


def mutants(path: str, source: str, within: tuple[str, ...] = ()) -> Iterator[Mutant]:
    """Yield the mutants of a module, of the functions and classes named in *within* only where some are."""
    seen: dict[str, int] = {}
    count = len(list(ast.walk(ast.parse(source))))
    places = _places(ast.parse(source))
    for index in range(count):
        place = places.get(index)
        if place is None or (within and not any(f"{place}.".startswith(f"{one}.") for one in within)):
            continue
        at = 0
        while True:
            tree = ast.parse(source)
            nodes = list(ast.walk(tree))
            node = nodes[index]
            before = ast.unparse(node)
            changed = _change(node, at)
            if changed is None:
                break
            at += 1
            _replace(nodes, node, changed)
            name = f"{place}: {_short(before)} => {_short(ast.unparse(ast.fix_missing_locations(changed)))}"
            seen[name] = seen.get(name, 0) + 1
            name += f" ({seen[name]})" if seen[name] > 1 else ""
            yield Mutant(path, getattr(node, "lineno", 0), name, ast.unparse(tree))


def _places(tree: ast.Module) -> dict[int, str]:
    """Return the nodes that may be changed, each with the name of what it stands in."""
    order = {node: index for index, node in enumerate(ast.walk(tree))}
    places: dict[int, str] = {}

    def visit(node: ast.AST, place: str) -> None:
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases):
            return  # the words themselves are no rule
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{place}.{node.name}".lstrip(".")
        places[order[node]] = place or _assigned(node)
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "bases", "type_params", "ctx"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_text(node, child):
                    visit(child, place or _assigned(node))

    for statement in tree.body:
        if not _is_text(tree, statement):
            visit(statement, "")
    return places


def _assigned(node: ast.AST) -> str:
    target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
    target = node.targets[0] if isinstance(node, ast.Assign) else target
    return target.id if isinstance(target, ast.Name) else ""


def _is_text(parent: ast.AST, child: ast.AST) -> bool:
    """Whether *child* is a docstring, an import, or what an error says."""
    if isinstance(child, ast.Import | ast.ImportFrom | ast.JoinedStr):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    if isinstance(parent, ast.Dict) and child in parent.keys and isinstance(child, ast.Constant):
        return True  # the whole entry goes instead
    is_error = isinstance(parent, ast.Call) and ast.unparse(parent.func).endswith("Error")
    return is_error and isinstance(child, ast.Constant) and isinstance(child.value, str)


def _change(node: ast.AST, at: int) -> ast.AST | None:
    """Return the change number *at* of *node*, None where there are no more."""
    changes = list(_changes(node))
    return changes[at] if at < len(changes) else None


def _changes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - a table of cases
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            yield from _with(node, "op", [new() for new in _SWAPPED[type(node.op)]])
            for dropped in node.values:
                left = [value for value in node.values if value is not dropped]
                yield left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
        case ast.BinOp():
            yield from _with(node, "op", [new() for new in _SWAPPED.get(type(node.op), ())])
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.If() | ast.While():
            yield from _with(node, "test", [ast.Constant(value=False)])
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.comprehension():
            for dropped in node.ifs:
                yield from _with(node, "ifs", [[one for one in node.ifs if one is not dropped]])
        case ast.Constant():
            yield from (ast.Constant(value) for value in _constants(node.value))
        case ast.Set() | ast.List() | ast.Tuple() if isinstance(getattr(node, "ctx", None), ast.Load | None):
            for dropped in node.elts:
                yield from _with(node, "elts", [[one for one in node.elts if one is not dropped]])
        case ast.Dict():
            for gone in range(len(node.keys)):
                kept = [at for at in range(len(node.keys)) if at != gone]
                yield ast.Dict([node.keys[at] for at in kept], [node.values[at] for at in kept])
        case ast.Call():
            for word in node.keywords:
                yield from _with(node, "keywords", [[one for one in node.keywords if one is not word]])
        case ast.Name(id=name) if name in _NAMES:
            yield ast.Name(_NAMES[name], ast.Load())
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Delete():
            yield ast.Pass()


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for at, op in enumerate(node.ops):
        for new in _SWAPPED[type(op)]:
            yield ast.Compare(node.left, [*node.ops[:at], new(), *node.ops[at + 1 :]], node.comparators)  # type: ignore[list-item]
    if len(node.ops) > 1:
        yield ast.Compare(node.comparators[0], node.ops[1:], node.comparators[1:])
        yield ast.Compare(node.left, node.ops[:-1], node.comparators[:-1])


def _constants(value: object) -> list[Any]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case float():
            return [value * 1.25, value * 0.75] if value else [1.0]
        case str():
            return ["XX" + value]
        case bytes():
            return [b"" if value else b"XX"]
    return []


def _with(node: ast.AST, name: str, values: list[object]) -> Iterator[ast.AST]:
    for value in values:
        changed = copy.copy(node)
        setattr(changed, name, value)
        yield changed


def _replace(nodes: list[ast.AST], node: ast.AST, changed: ast.AST) -> None:
    for parent in nodes:
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, changed)
            elif isinstance(value, list) and any(one is node for one in value):
                setattr(parent, name, [changed if one is node else one for one in value])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:60]} … {line[-28:]}"
