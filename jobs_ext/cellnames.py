"""Which names a cell of a notebook uses and binds, and which imports of the notebook it needs."""

from __future__ import annotations

import ast
import symtable
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from .client.errors import InvalidRequest

OF_IPYTHON = {"get_ipython", "display"}  # among the builtins of a notebook, but not of a job
_HERE = {"__main__", "builtins"}
_AT_ONCE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)  # read first, and set then
_MAYBE = (ast.Lambda, ast.IfExp, ast.BoolOp)  # not all that is in them need be read, or now


def names_of(source: str) -> tuple[set[str], set[str], bool]:
    """Return the global names that Python `source` uses, those it binds, and if it may bind more.

    The latter is so with ``from … import *``. Raises `InvalidRequest` for what is not Python.
    """
    try:
        compile(source, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        raise InvalidRequest(
            f"The cell is not Python: {error.msg} in line {error.lineno}: "
            f"{(error.text or '').strip()}",
            field="cell",
        ) from None
    top = symtable.symtable(source, "<cell>", "exec")
    used: set[str] = set()
    bound: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        for symbol in table.get_symbols():
            is_global = table is top or symbol.is_global()
            if is_global and symbol.is_referenced():
                used.add(symbol.get_name())
            if is_global and (symbol.is_assigned() or symbol.is_imported()):
                bound.add(symbol.get_name())
    return used, bound, "import *" in " ".join(source.split())


def used_too_early(source: str) -> set[str]:
    """Return the names that Python `source` reads for certain before it first sets them.

    As ``df = df.dropna()`` does. Only statements on the outermost level are looked at, and in
    order; what functions use is not, for they may be called later.
    """
    early: set[str] = set()
    so_far: set[str] = set()
    _, bound, _ = names_of(source)
    for statement in ast.parse(source).body:
        text = ast.unparse(statement)
        if isinstance(statement, _AT_ONCE):
            early |= (_read(statement) & bound) - so_far
        so_far |= names_of(text)[1]
    return early


def _read(statement: ast.stmt) -> set[str]:
    """Return the names that a statement reads at once, but for those that it sets meanwhile."""
    read: set[str] = set()
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        read.add(statement.target.id)
    own: set[str] = set()  # of comprehensions, and set by :=
    for node in _reached(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        elif isinstance(node, ast.comprehension | ast.NamedExpr):
            own |= {one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)}
    return read - own


def _reached(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below one that are surely come to when it is done."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _MAYBE):
            yield child
            yield from _reached(child)


def carried_imports(source: str, inputs: set[str], namespace: Mapping[str, Any]) -> dict[str, str]:
    """Return the statements that import what a cell uses and the notebook imported, by name.

    Those are modules; functions and classes of other modules that have the name there still; and
    what a cell run before imported by name, such as ``from math import pi``.
    """
    used, bound, open_ended = names_of(source)
    absent = [] if open_ended else sorted(used - bound - inputs - OF_IPYTHON)
    here = [name for name in absent if name in namespace]
    found = {name: _import_of(name, namespace[name]) for name in here}
    if "" in found.values():
        told = _told_imports(namespace)
        found |= {name: told.get(name, "") for name, statement in found.items() if not statement}
    return {name: statement for name, statement in found.items() if statement}


def _import_of(name: str, value: Any) -> str:
    """Return the statement that binds a name to a value; "" when the value does not tell."""
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}" if value.__name__ in sys.modules else ""
    module, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(own, str):
        return ""
    at_home = getattr(sys.modules.get(module), own, None) is value
    return f"from {module} import {own} as {name}" if at_home and module not in _HERE else ""


def _told_imports(namespace: Mapping[str, Any]) -> dict[str, str]:
    """Return the statements of the cells run so far that still stand for their names' values."""
    told: dict[str, str] = {}
    for module, own, name in _imports_from(namespace.get("In", ())):
        found = getattr(sys.modules.get(module), own, None)
        if found is not None and namespace.get(name) is found:
            told[name] = f"from {module} import {own} as {name}"
    return told


def _imports_from(cells: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield module, name there and name here of each ``from … import …`` in these cells."""
    for cell in cells:
        try:
            tree = ast.parse(cell if "import" in cell else "")
        except SyntaxError:  # a cell that did not run either
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from ((node.module, a.name, a.asname or a.name) for a in node.names)
