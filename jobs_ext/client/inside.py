"""What a job can say of itself: progress and kept values. Harmless outside a job.

Uses the standard library alone, so that it can be sent to an interpreter without jobs_ext.
"""

from __future__ import annotations

import ast
import json
import os
import pickle
import time
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

KIND = b"jobs_ext"  # in a Parquet file: pandas, polars or pyarrow, whose frame it was
_FRAMES = ("pandas.DataFrame", "polars.DataFrame", "pyarrow.Table")
_AWAITING = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_STEP, _PAUSE = 0.001, 0.1  # smaller steps of progress are not written more often than that
_last: dict[str, Any] = {"fraction": -1.0, "message": None, "time": 0.0}


class Current(NamedTuple):
    """The job this code runs in."""

    id: str
    attempt: int
    output_dir: Path  # what is written here is kept
    batch: str | None
    batch_index: int | None

    @property
    def checkpoint_dir(self) -> Path:
        """A folder for what the next attempt of the job is to go on with; made where it lacks."""
        folder = Path(os.environ.get("JOBS_CHECKPOINT_DIR", "."))
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def current() -> Current | None:
    """Return the job this code runs in; None outside of one."""
    id_ = os.environ.get("JOBS_ID")
    if not id_:
        return None
    index = os.environ.get("JOBS_BATCH_INDEX")
    return Current(
        id=id_,
        attempt=int(os.environ.get("JOBS_ATTEMPT", "1")),
        output_dir=Path(os.environ.get("JOBS_OUTPUT_DIR", ".")),
        batch=os.environ.get("JOBS_BATCH") or None,
        batch_index=int(index) if index else None,
    )


def progress(fraction: float | None = None, message: str = "", data: Any = None) -> None:
    """Say how far the job is: `fraction` from 0 to 1, a short message, any JSON with it.

    May be called as often as one likes: steps too small to see are left out.
    """
    file = os.environ.get("JOBS_PROGRESS")
    if not file:
        return
    part = None if fraction is None else min(1.0, max(0.0, float(fraction)))
    if not _worth_telling(part, message, data):
        return
    line = json.dumps({"fraction": part, "message": str(message), "data": data}) + "\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def _worth_telling(part: float | None, message: str, data: Any) -> bool:
    now, known = time.monotonic(), _last["fraction"]
    moved = part is None or abs(part - known) >= _STEP or (part >= 1.0) != (known >= 1.0)
    told = message == _last["message"] and data is None
    if told and not moved and now - _last["time"] < _PAUSE:
        return False
    _last.update(fraction=-1.0 if part is None else part, message=message, time=now)
    return True


def output(**values: Any) -> None:
    """Keep values of the job under their names: frames as Parquet, else JSON, else pickled.

    ``jx.output(table=frame)`` makes the output ``table.parquet``; `Job.result` of a notebook
    gives the values back. Does nothing outside a job.
    """
    __tracebackhide__ = True
    folder = os.environ.get("JOBS_OUTPUT_DIR")
    if not folder:
        return
    for name, value in values.items():
        if not name.isidentifier():
            raise ValueError(f"{name!r} can't be the name of an output")
        _keep(Path(folder), name, value)


def compiled_cell(source: str, file: str) -> CodeType:
    """Return a cell as code, which may await; the value of its last line is printed, as by Python.

    Not so that of a last line with a semicolon behind it.
    """
    tree: ast.Module = compile(source, file, "exec", _AWAITING | ast.PyCF_ONLY_AST)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
        hook = ast.parse("__import__('sys').displayhook", mode="eval").body
        shown = ast.copy_location(ast.Call(hook, [last.value], []), last.value)
        last.value = ast.fix_missing_locations(shown)
    code: CodeType = compile(tree, file, "exec", _AWAITING)
    return code


def _keep(folder: Path, name: str, value: Any) -> None:
    __tracebackhide__ = True
    table = _as_arrow(value)
    if table is not None:
        import pyarrow.parquet as pq

        half, suffix = folder / f".{name}.part", ".parquet"
        pq.write_table(table, half)
    else:
        try:
            content, suffix = _as_bytes(value)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            kind = type(value).__name__
            raise TypeError(f"{name}, a {kind}, can't be kept: {error}") from None
        half = folder / f".{name}.part"
        half.write_bytes(content)
    for old in (".parquet", ".json", ".pickle"):
        if old != suffix:
            (folder / f"{name}{old}").unlink(missing_ok=True)
    half.replace(folder / f"{name}{suffix}")


def _as_arrow(value: Any) -> Any:
    """Return a frame as an Arrow table that says which kind it was; None when it can't be one."""
    kind = type(value).__module__.partition(".")[0]
    if f"{kind}.{type(value).__name__}" not in _FRAMES:
        return None
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        table = _arrow_table(pa, kind, value)
    except (pa.ArrowException, TypeError, ValueError):  # columns of mixed objects: pickled
        return None
    return table.replace_schema_metadata((table.schema.metadata or {}) | {KIND: kind.encode()})


def _arrow_table(pa: Any, kind: str, value: Any) -> Any:
    if kind == "pandas":
        return pa.Table.from_pandas(value)
    return value.to_arrow() if kind == "polars" else value


def _as_bytes(value: Any) -> tuple[bytes, str]:
    """Return a value as JSON where that gives the same back, else pickled; and the suffix."""
    try:
        text = json.dumps(value, allow_nan=False)
        if _same(json.loads(text), value):
            return text.encode(), ".json"
    except (TypeError, ValueError, RecursionError):
        pass  # not JSON: pickled
    try:
        import cloudpickle
    except ImportError:
        return pickle.dumps(value, 5), ".pickle"
    return bytes(cloudpickle.dumps(value)), ".pickle"


def _same(a: Any, b: Any) -> bool:
    """Tell whether two values are equal, down to the types of what they hold."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)
