"""Frames as Arrow, for arguments: where that gives back just what was put in, types included."""

from __future__ import annotations

import sys
from typing import Any

from .inside import KIND


def arrow_file(value: Any) -> bytes | None:
    """Return a pandas, polars or pyarrow frame as an Arrow file; None for all that is not exact.

    Imports pyarrow only for a frame, and does without where it is not installed.
    """
    library = type(value).__module__.partition(".")[0]
    name = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}.get(library, "")
    if type(value) is not getattr(sys.modules.get(library), name, None):
        return None
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        table = _table(pa, library, value)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # columns of mixed objects
        return None
    return None if table is None else _written(pa, table, library)


def _table(pa: Any, library: str, value: Any) -> Any:
    if library == "pyarrow":
        return value
    if library == "polars":
        table = value.to_arrow()
        back = sys.modules["polars"].from_arrow(table)
        return table if back.schema == value.schema and value.equals(back) else None
    if not all(isinstance(name, str) for name in value.columns):
        return None
    table = pa.Table.from_pandas(value)
    return table if _is_same(value, table.to_pandas()) else None


def _written(pa: Any, table: Any, library: str) -> bytes:
    marked = table.replace_schema_metadata((table.schema.metadata or {}) | {KIND: library.encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, marked.schema) as writer:
        writer.write_table(marked)
    return bytes(memoryview(sink.getvalue()))


def _is_same(frame: Any, back: Any) -> bool:
    """Tell whether a pandas frame came back as it was; what holds other objects than text is not.

    Cells of such columns may be equal and of another type, and to compare them takes long.
    """
    infer = sys.modules["pandas"].api.types.infer_dtype
    held = [frame.index, frame.columns, *(column for _, column in frame.items())]
    return (
        list(frame.dtypes) == list(back.dtypes)
        and all(
            type(one) is type(other)
            and one.dtype == other.dtype
            and one.names == other.names
            and getattr(one, "freq", None) == getattr(other, "freq", None)
            for one, other in ((frame.index, back.index), (frame.columns, back.columns))
        )
        and (frame.attrs, frame.flags) == (back.attrs, back.flags)
        and all(_is_text(infer, part) for one in held for part in getattr(one, "levels", [one]))
        and bool(frame.index.equals(back.index) and frame.columns.equals(back.columns))
        and bool(frame.equals(back))
    )


def _is_text(infer: Any, held: Any) -> bool:
    """Tell whether a column or index, if it holds objects at all, holds text and None alone."""
    if held.dtype != object:
        return True
    return infer(held, skipna=True) in ("string", "empty") and all(
        one is None for one in held[held.isna()]
    )
