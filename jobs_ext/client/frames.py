"""Files to data frames, by media type or else by suffix. Imports a library only when asked."""

from __future__ import annotations

import importlib
import sys
import uuid
import zipfile
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path, PurePath
from typing import Any

from jobs_ext.model import media

from .errors import InvalidRequest, NoTable
from .records import is_record, members_of

_UNKNOWN = "application/octet-stream"
_CSV, _TSV = "text/csv", "text/tab-separated-values"
_PARQUET = "application/vnd.apache.parquet"
_ARROW = "application/vnd.apache.arrow.file"
_JSON, _LINES = "application/json", "application/jsonl"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ARRAYS, _OBJECTS = "jobs_ext.client.arrays", "jobs_ext.client.objects"

_AS_WRITTEN = {"dtype": False}  # JSON says itself what is a text: "007" is no number

_EMPTY = (_CSV, _TSV, _LINES)  # a file of these that is empty has no rows

#: engine → media type → module, function and options that read it
_READERS: dict[str, dict[str, tuple[str, str, dict[str, Any]]]] = {
    "pandas": {
        _CSV: ("pandas", "read_csv", {}),
        _TSV: ("pandas", "read_csv", {"sep": "\t"}),
        _PARQUET: ("pandas", "read_parquet", {}),
        _ARROW: ("pandas", "read_feather", {}),
        _JSON: (_OBJECTS, "read_objects", _AS_WRITTEN),
        _LINES: ("pandas", "read_json", {"lines": True} | _AS_WRITTEN),
        _EXCEL: ("pandas", "read_excel", {}),
        media.NPY: (_ARRAYS, "read_arrays", {}),
        media.NPZ: (_ARRAYS, "read_arrays", {}),
    },
    "polars": {
        _CSV: ("polars", "read_csv", {}),
        _TSV: ("polars", "read_csv", {"separator": "\t"}),
        _PARQUET: ("polars", "read_parquet", {}),
        _ARROW: ("polars", "read_ipc", {}),
        _JSON: ("polars", "read_json", {}),
        _LINES: ("polars", "read_ndjson", {}),
    },
    "pyarrow": {
        _CSV: ("pyarrow.csv", "read_csv", {}),
        _PARQUET: ("pyarrow.parquet", "read_table", {}),
        _ARROW: ("pyarrow.feather", "read_table", {}),
        _LINES: ("pyarrow.json", "read_json", {}),
    },
}


def kind(name: str, media_type: str = "") -> str:
    """Return the media type to read a file as: the one given when it is known, else the suffix's.

    ``t.csv.gz`` counts as CSV.
    """
    given = media_type.partition(";")[0].strip().lower()
    if given in _READERS["pandas"]:
        return given
    by_suffix = media.guess(PurePath(name).stem if name.endswith(".gz") else name)
    return given if given and by_suffix == _UNKNOWN else by_suffix


def is_tabular(name: str, media_type: str = "") -> bool:
    """Tell whether a file surely holds a table. JSON may, but is not taken for one unasked."""
    return kind(name, media_type) in media.TABULAR


def may_be_tabular(name: str, media_type: str = "") -> bool:
    """Tell whether a file is of a kind that `read` reads, whatever is in it."""
    return kind(name, media_type) in _READERS["pandas"]


def reads_bytes(name: str, media_type: str, engine: str, read_options: dict[str, Any]) -> bool:
    """Tell whether a file can be read from memory as it is, by Arrow, without another copy."""
    by_arrow = engine in ("pandas", "pyarrow") and "engine" not in read_options
    return by_arrow and kind(name, media_type) in (_PARQUET, _ARROW)


def from_bytes(held: memoryview) -> Any:
    """Return bytes as a file for `read`, where `reads_bytes`."""
    arrow = imported("pyarrow")
    return arrow.BufferReader(arrow.py_buffer(held))


def read(
    path: Any, name: str, media_type: str = "", engine: str = "pandas", **read_options: Any
) -> Any:
    """Return the file at `path` as a frame of `engine`: pandas, polars or pyarrow.

    `read_options` go to the library's own reader; with some, plain text is read as CSV. Raises
    `InvalidRequest` when the file is of no kind that can be a table, ImportError naming the
    package that is missing, one of `unreadable` when it is not what its kind says.
    """
    form = kind(name, media_type)
    if form == "text/plain" and read_options:  # who says how, means a table
        form = _CSV
    if form in _READERS["pandas"] and form not in _READERS.get(engine, _READERS["pandas"]):
        return convert(read(path, name, media_type, **read_options), engine)
    module, function, options = _reader(engine, form, name)
    if form in _EMPTY and Path(path).stat().st_size == 0:
        return convert(imported("pandas").DataFrame(), engine)
    return getattr(imported(module), function)(path, **(options | read_options))


def unreadable() -> tuple[type[Exception], ...]:
    """Return what the libraries raise for a file that is no table, or options they lack."""
    polars = sys.modules.get("polars")
    theirs = (polars.exceptions.PolarsError,) if polars else ()
    return (ValueError, TypeError, KeyError, OSError, EOFError, zipfile.BadZipFile, *theirs)


def _reader(engine: str, form: str, name: str) -> tuple[str, str, dict[str, Any]]:
    if engine not in _READERS:
        raise InvalidRequest(
            f"There is no engine {engine!r}.",
            field="engine",
            value=engine,
            hint=f"There are: {', '.join(_READERS)}.",
        )
    if form not in _READERS[engine]:
        raise InvalidRequest(
            f"{name} ({form}) can't be read as a table with {engine}.",
            field="output",
            value=name,
            hint=f"Tables are {media.suffixes(_READERS['pandas'])}; texts also with .gz. "
            "Its .text() and .read() give what is in it.",
        )
    return _READERS[engine][form]


def imported(module: str) -> Any:
    """Import a module only when it is asked for. Raises ImportError saying what to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise ImportError(f"{package} is needed for this: pip install {package}") from error


def as_frame(value: Any) -> Any:
    """Return a function's value as a pandas frame; None when it has no natural such form.

    Frames of any kind, Series, lists of dicts, dicts of equally long columns or of single values,
    dataclasses and the like as dicts, tuples of single values as a row, arrays of up to two
    dimensions or with named fields, and single values (column ``value``) have one.
    """
    pandas = imported("pandas")
    value = [_named(row) for row in value] if type(value) is list else _named(value)
    if isinstance(value, pandas.DataFrame):
        return value
    if isinstance(value, pandas.Series):
        return value.to_frame(value.name if value.name is not None else "value")
    if hasattr(value, "to_pandas"):  # polars, pyarrow
        return value.to_pandas()
    if isinstance(value, dict) and value:
        return pandas.DataFrame(value if _are_columns(list(value.values())) else [value])
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return pandas.DataFrame(value)
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) in (0, 1, 2):
        return _of_array(value if value.ndim else value.reshape(1))
    if value is not None and _is_single(value):
        return pandas.DataFrame({"value": [value]})
    if type(value) is tuple and value and all(map(_is_single, value)):
        return pandas.DataFrame([value])
    return None


def _named(value: Any) -> Any:
    """Return what has named members of its own as a dict; anything else as it is."""
    try:
        return members_of(value) if is_record(type(value)) else value
    except AttributeError:  # it does not keep what it was made with
        return value


def _is_single(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | date | time | timedelta)


def _of_array(array: Any) -> Any:
    """Return an array as a frame: of named fields each is a column, one dimension is ``value``."""
    named = array.dtype.names is not None
    if named and array.ndim > 1:
        return None
    columns = ["value"] if array.ndim == 1 and not named else None
    return imported("pandas").DataFrame(array, columns=columns)


def _are_columns(values: list[Any]) -> bool:
    """Tell whether values are lists, or one-dimensional arrays, of one length."""
    listed = all(isinstance(v, list) or getattr(v, "ndim", 0) == 1 for v in values)
    return listed and len({len(v) for v in values}) == 1


def is_frame(value: Any) -> bool:
    """Tell whether a value is a pandas, polars or pyarrow table already."""
    package = type(value).__module__.partition(".")[0]
    return package in ("pandas", "polars", "pyarrow") and (
        hasattr(value, "columns") or hasattr(value, "to_frame")
    )


def convert(frame: Any, engine: str) -> Any:
    """Return a pandas frame as a frame of `engine`."""
    if engine == "polars":
        return imported("polars").from_pandas(frame)
    if engine == "pyarrow":
        return imported("pyarrow").Table.from_pandas(frame)
    if engine != "pandas":
        _reader(engine, "", "")
    return frame


def save(make: Callable[[], Any], path: Path) -> Path:
    """Write the pandas frame that `make` returns to a Parquet or CSV file; return its path.

    Raises `InvalidRequest` for another suffix or folder, before anything is made, and `NoTable`
    for a frame that Parquet can't hold.
    """
    form = kind(path.name)
    if form not in (_PARQUET, _CSV) or not path.parent.is_dir():
        raise InvalidRequest(
            f"The frame can't be saved as {path}.",
            field="path",
            value=str(path),
            hint="Give a name that ends in .parquet or .csv, in a folder that is there.",
        )
    frame = make()
    draft = path.with_name(f".{uuid.uuid4().hex}-{path.name}")
    try:
        frame.to_csv(draft, index=False) if form == _CSV else frame.to_parquet(draft, index=False)
        draft.replace(path)
    except (TypeError, ValueError) as error:
        raise NoTable(
            f"The frame can't be kept as Parquet: {error}.", field="path", hint="Save it as .csv."
        ) from None
    finally:
        draft.unlink(missing_ok=True)
    return path
