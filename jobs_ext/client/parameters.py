"""The parameters of a notebook: what the cell tagged ``parameters`` sets, read and not run.

As for papermill: ``name = value``, ``name: type = value``, with a comment behind it as the help.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .errors import InvalidRequest
from .signatures import Described, described

_TAG = "parameters"
_TYPES: dict[str, type] = {t.__name__: t for t in (bool, int, float, str, list, dict)}
_WRONG = (SyntaxError, ValueError, TypeError, RecursionError, tokenize.TokenError)


class _Set(NamedTuple):
    """One parameter: `hint` and `value` are `empty` of `inspect` where nothing is said."""

    name: str
    hint: Any
    value: Any
    help: str


def described_notebook(path: Path) -> Described:
    """Return what there is to say of a notebook's parameters; those that are no literals are left.

    Raises `InvalidRequest` for a file that is no notebook in Python, or without a tagged cell.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        found = list(_parameters(_tagged(notebook)))
    except OSError as error:
        raise _refused(path, f"it can't be read ({error.strerror})", "Check the path.") from None
    except (*_WRONG, LookupError, AttributeError):
        told = "no cell in Python is tagged 'parameters' there"
        hint = "Tag the one that sets the parameters, or submit it without a form."
        raise _refused(path, told, hint) from None
    return described(_called(path.stem, found))


def _tagged(notebook: Any) -> str:
    """Return the source of the tagged cell. Raises LookupError and the like where is none."""
    kernel = notebook["metadata"].get("kernelspec", {})
    if kernel.get("language", "python").lower() != "python":
        raise LookupError(kernel)
    cells = (c for c in notebook["cells"] if _TAG in c.get("metadata", {}).get("tags", []))
    lines = "".join(next(cells, {"source": ()})["source"]).splitlines()
    if not lines:
        raise LookupError(_TAG)
    return "\n".join(line for line in lines if not line.startswith(("%", "!"))) + "\n"


def _parameters(source: str) -> Iterator[_Set]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT}
    hint: Any
    for one in ast.parse(source).body:
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                hint = inspect.Parameter.empty
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                hint = _TYPES.get(ast.unparse(annotation), inspect.Parameter.empty)
            case _:
                continue
        said = comments.get(one.end_lineno or 0, "").strip("# ")
        if value is None:
            yield _Set(name, hint, inspect.Parameter.empty, said)
        elif _is_literal(value):
            yield _Set(name, hint, ast.literal_eval(value), said)


def _is_literal(value: ast.expr) -> bool:
    """Tell whether a form can hold a value: a literal that JSON has, too."""
    try:
        json.dumps(ast.literal_eval(value))
    except _WRONG:
        return False
    return True


def _called(name: str, found: list[_Set]) -> Callable[..., None]:
    """Return a function that is called as the notebook is, of which there is the same to say."""

    def call(**_parameters: Any) -> None:
        """Do nothing: it is only looked at."""

    last = {one.name: one for one in found}.values()
    parameter, empty = inspect.Parameter, inspect.Parameter.empty
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter(p.name, parameter.KEYWORD_ONLY, default=p.value) for p in last]
    )
    call.__annotations__ = {p.name: p.hint for p in last if p.hint is not empty}
    call.__name__ = name
    call.__doc__ = "\n".join(["Args:", *(f"    {p.name}: {p.help}" for p in last if p.help)])
    return call


def _refused(path: Path, why: str, hint: str) -> InvalidRequest:
    said = f"There is no form for {path}: {why}."
    return InvalidRequest(said, field="target.notebook", value=str(path), hint=hint)
