"""Call a Python function as a job: ``python function.py <folder>``.

Runs in the submitter's interpreter and needs there nothing but the standard library and
cloudpickle; pyarrow only to read and write frames.

Reads ``call.json`` of the folder::

    {"function": {"pickle": path} or {"module": …, "name": …},
     "arguments": {name: JSON, {"$part": part}, {"$output": {"job": id}} or these in lists and
     objects}, "parts": {part: path}, "outputs": {"id/": path of a value}, "path": [folders]}

Paths are texts, and little is looked up on the way: each page of its parent that a forked child
touches first costs it as much as a call of the system, and a function may do less than that.

Writes the value into the folder as ``result.json`` when JSON gives it back exactly, as
``result.parquet`` when it is a frame that Parquet gives back exactly, else as ``result.pickle``.
A function whose attribute ``has_value`` is false gives none: when it returned, there is a file
``returned``. ``error.json`` holds type, message, traceback and attributes when it raised.
The call's file becomes that of its outcome: to make one more takes longer than many a function.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import inspect
import json
import linecache
import math
import os
import pickle
import sys
import traceback
from pathlib import Path
from types import FrameType, MemberDescriptorType
from typing import Any

RESULT_FILES = ("result.json", "result.parquet", "result.pickle")
RETURNED = "returned"
KIND = b"jobs_ext"  # in the Parquet file: pandas, polars or pyarrow, whose frame it was
_SCIPY = ("linalg", "optimize", "signal", "sparse", "stats")  # it loads its parts one by one
#: A warm parent imports them once a call did: they take long, and can be forked.
WORTHWHILE = ("numpy", "pandas", *(f"scipy.{part}" for part in _SCIPY))
_MOST, _LONGEST = 20, 1000  # exceptions of a group; characters of what each says, or holds
_SCALARS = ("NoneType", "bool", "int", "float", "str", "bytes", "Decimal", "date", "datetime")


def preload() -> None:
    """Import what every call needs. For a warm parent."""
    with contextlib.suppress(ImportError):  # a function that is called by name does without
        import cloudpickle  # noqa: F401


def load(name: str) -> None:
    """Import one that is worthwhile. For a warm parent."""
    importlib.import_module(name)


def folders(folder: str) -> list[str]:
    """Return where, beside its own folder, the call may find modules. For a warm parent."""
    with open(f"{folder}/call.json", "rb") as file:  # noqa: PTH123
        return list(json.load(file)["path"])


def main(folder: str) -> int:
    """Make the call and return the exit code: 1 when the function raised."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - a text
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # logs are read live
    faulthandler.enable()  # a crash shows in the log where it was
    try:
        with open(f"{folder}/call.json", "rb") as file:  # noqa: PTH123
            call = json.loads(file.read())
        sys.path[:0] = [p for p in call["path"] if p != sys.path[0]]
        function = load_function(call["function"])
        value = function(**load_arguments(call))
        if inspect.iscoroutine(value):
            import asyncio

            value = asyncio.run(value)
        if getattr(function, "has_value", True):
            save(value, folder)
        else:
            write(folder, RETURNED, b"")
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the function raises is its result
        report(error, folder)
        return 1
    return 0


def load_function(said: dict[str, str]) -> Any:
    """Return the function: imported by name, or unpickled."""
    if "pickle" in said:
        function = unpickle(said["pickle"], "the function")
        if isinstance(function, dict):
            function = with_sources(**function)
        if not callable(function):
            raise TypeError(f"what was sent as the function is a {type(function).__name__}")
        return function
    import operator

    return operator.attrgetter(said["name"])(importlib.import_module(said["module"]))


def with_sources(function: Any, sources: dict[str, str]) -> Any:
    """Return a function that came with the text of the cells that define it: for tracebacks."""
    for name, text in sources.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return function


def unpickle(path: str, what: str) -> Any:
    """Return what cloudpickle, or pickle, wrote to a file.

    Raises ImportError for a module that is not here; for all else UnpicklingError, naming `what`.
    """
    import cloudpickle

    with open(path, "rb") as file:  # noqa: PTH123
        try:
            return cloudpickle.load(file)
        except ImportError:
            raise
        except Exception as error:  # a pickle runs whatever code it names
            said = f"{what} can't be loaded: {type(error).__name__}: {error}"
            raise pickle.UnpicklingError(said) from error


def load_arguments(call: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments, with what stands in them for values in files."""
    return {
        name: load_argument(value, call, f"the argument {name}")
        for name, value in call["arguments"].items()
    }


def load_argument(value: Any, call: dict[str, Any], what: str) -> Any:
    """Return an argument: JSON in which uploaded parts and the values of other jobs may stand."""
    if isinstance(value, list):
        return [load_argument(one, call, what) for one in value]
    if not isinstance(value, dict):
        return value
    if "$part" in value:
        return load_part(call["parts"][value["$part"]], what)
    if "$output" in value:
        return load_value(call["outputs"][f"{value['$output']['job']}/"], what)
    return {key: load_argument(one, call, what) for key, one in value.items()}


def load_value(path: str, what: str) -> Any:
    """Return what another function returned, from the file that `save` made of it."""
    if not path.endswith(".json"):
        return load_part(path, what)
    with open(path, "rb") as file:  # noqa: PTH123
        return json.loads(file.read())


def load_part(path: str, what: str) -> Any:
    """Return an uploaded value: a frame from Arrow or Parquet, anything else from a pickle."""
    with open(path, "rb") as file:  # noqa: PTH123
        begins = file.read(6)
    if begins == b"ARROW1":
        open_file = importlib.import_module("pyarrow.ipc").open_file
        kind = kind_within(open_file(path).schema)
        return from_arrow(open_file(path).read_all(), kind)
    if begins.startswith(b"PAR1"):
        parquet = importlib.import_module("pyarrow.parquet")
        kind = kind_within(parquet.read_schema(path))
        return from_arrow(parquet.read_table(path), kind)
    return unpickle(path, what)


def kind_within(schema: Any) -> str:
    """Return whose frame a file holds. To be called first: Arrow learns of pandas' own types."""
    kind: str = (schema.metadata or {}).get(KIND, b"pandas").decode()
    if kind == "pandas":
        importlib.import_module("pandas.core.arrays.arrow.extension_types")
    return kind


def save(value: Any, folder: str) -> None:
    """Write the value, in the first of the three forms that gives it back as it is."""
    if is_exact(value):
        write(folder, "result.json", json.dumps(value).encode())
    elif not save_frame(value, frame_kind(value), f"{folder}/result.parquet"):
        write(folder, "result.pickle", pickled(value))


def pickled(value: Any) -> bytes:
    """Return a value pickled. Raises TypeError naming its type when it can't be."""
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(value))
    except Exception as error:  # noqa: BLE001 - whatever a class of the user's raises
        raise TypeError(
            f"the function returned a {type(value).__name__}, which can't be kept: {error}"
        ) from None


def is_exact(value: Any) -> bool:
    """Tell whether JSON gives `value` back just as it is, types included."""
    try:
        return _is_exact(value)
    except RecursionError:  # very deep, or holds itself
        return False


def _is_exact(value: Any) -> bool:
    kind = type(value)
    if value is None or kind is bool:
        return True
    if kind is int:
        return bool(value.bit_length() < 14_000)  # of more than 4,300 digits, Python makes no text
    if kind is float:
        return math.isfinite(value)
    if kind is str:
        return bool(value.encode("utf-8", "ignore").decode() == value)
    if kind is list:
        return all(map(_is_exact, value))
    return kind is dict and all(type(k) is str and _is_exact(v) for k, v in value.items())


def frame_kind(value: Any) -> str:
    """Return whose frame it is (pandas, polars, pyarrow), "" for anything else; imports nothing."""
    library = type(value).__module__.partition(".")[0]
    names = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}
    return library if names.get(library) == type(value).__name__ else ""


def save_frame(value: Any, kind: str, path: str) -> bool:
    """Write a frame as Parquet; False, and no file, when that would change it or it is none."""
    if not kind:
        return False
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return False
    trouble = (pa.ArrowException, TypeError, ValueError, OverflowError)
    draft = Path(f"{path}.draft")
    try:
        table = to_arrow(value, kind)
        marked = table.replace_schema_metadata({**(table.schema.metadata or {}), KIND: kind})
        pq.write_table(marked, draft)
        back = from_arrow(pq.read_table(draft), kind)
        good = is_same(value, back, kind)
    except trouble:
        good = False
    if good:
        draft.replace(path)
    draft.unlink(missing_ok=True)
    return good


def to_arrow(value: Any, kind: str) -> Any:
    """Return any of the known frames as an Arrow table."""
    if kind == "pandas":
        return importlib.import_module("pyarrow").Table.from_pandas(value)
    return value.to_arrow() if kind == "polars" else value


def from_arrow(table: Any, kind: str) -> Any:
    """Return an Arrow table as the kind of frame it was."""
    if kind == "pandas":
        return table.to_pandas()
    return importlib.import_module("polars").from_arrow(table) if kind == "polars" else table


def is_same(value: Any, back: Any, kind: str) -> bool:
    """Tell whether a frame came back as it was."""
    if kind != "pandas":
        return bool(value.schema == back.schema and value.equals(back))
    return (
        list(value.dtypes) == list(back.dtypes)
        and is_same_index(value.index, back.index)
        and is_same_index(value.columns, back.columns)
        and (value.attrs, value.flags) == (back.attrs, back.flags)
        and bool(value.equals(back))
        and all(
            is_same_scalar(*cells)
            for i, dtype in enumerate(value.dtypes)
            if dtype.name == "object"
            for cells in zip(value.iloc[:, i], back.iloc[:, i], strict=True)
        )
    )


def is_same_index(one: Any, other: Any) -> bool:
    """Tell whether two pandas indexes are alike in every respect."""
    return bool(
        type(one) is type(other)
        and one.dtype == other.dtype
        and one.names == other.names
        and getattr(one, "freq", None) == getattr(other, "freq", None)
        and one.equals(other)
        and (one.dtype.name != "object" or all(map(is_same_scalar, one, other)))
    )


def is_same_scalar(one: Any, other: Any) -> bool:
    """Tell whether two cells of an object column have the same plain type."""
    return type(one) is type(other) and type(one).__name__ in _SCALARS


def report(error: BaseException, folder: str) -> None:
    """Say what was raised, on stderr and in the folder."""
    cleaned = error.__traceback__
    while cleaned is not None and is_ours(cleaned.tb_frame):
        cleaned = cleaned.tb_next
    note(error)
    told = traceback.TracebackException(type(error), error, cleaned)
    text = "".join(told.format())
    sys.stderr.write(text)
    said = described(error) | {"message": message(error, told), "traceback": text}
    write(folder, "error.json", json.dumps(said).encode())


def note(*errors: BaseException | None) -> None:
    """Give exceptions, and those behind them, notes: `traceback` asks, some raise when asked."""
    seen: dict[int, BaseException] = {}
    more = [*errors]
    for one in more:  # which grows
        if one is not None and id(one) not in seen:
            seen[id(one)] = one
            object.__getattribute__(one, "__dict__").setdefault("__notes__", [])
            more += [one.__cause__, one.__context__, *grouped(one)]


def attributes(error: BaseException) -> dict[str, Any]:
    """Return what an exception holds by names of its own, where it is small and JSON is exact."""
    held = dict(object.__getattribute__(error, "__dict__"))
    for kind in type(error).__mro__:
        for name, member in vars(kind).items():
            if type(member) is MemberDescriptorType:  # ``errno``, ``filename``, slots
                with contextlib.suppress(AttributeError):
                    held.setdefault(name, member.__get__(error))
    own = {k: v for k, v in held.items() if not str(k).startswith("_") and is_exact({k: v})}
    return {k: v for k, v in own.items() if len(json.dumps(v)) <= _LONGEST}


def described(error: BaseException, depth: int = 3) -> dict[str, Any]:
    """Return type and message of an exception, and of those in a group: not more than one reads."""
    kind = type(error)
    said = {"type": kind.__name__, "module": kind.__module__, "qualname": kind.__qualname__}
    held = grouped(error)[:_MOST] if depth else ()
    within = [described(one, depth - 1) for one in held]
    held_by = {"message": text_of(error)[:_LONGEST], "attributes": attributes(error)}
    return said | held_by | ({"exceptions": within} if within else {})


def text_of(error: BaseException) -> str:
    """Return what an exception says, also of one that can't say it."""
    note(error)
    return str(traceback.TracebackException(type(error), error, None))


def message(error: BaseException, told: traceback.TracebackException) -> str:
    """Return what an exception says; with what a group holds, and of a silent one where it was."""
    within = [f"{type(one).__name__}: {one}" for one in leaves(error) if one is not error]
    if within:
        return f"{told}: {'; '.join(within)}"
    if not str(told) and told.stack:
        return f"raised in {told.stack[-1].name}, line {told.stack[-1].lineno}"
    return str(told)


def leaves(error: BaseException) -> list[BaseException]:
    """Return the exceptions in a group, and in its groups; those that are none are themselves."""
    return [leaf for one in grouped(error) for leaf in leaves(one)] or [error]


def grouped(error: BaseException) -> list[BaseException]:
    """Return the exceptions that a group holds; none for what is no group."""
    has = any("exceptions" in vars(kind) for kind in type(error).__mro__)
    held = getattr(error, "exceptions", None) if has else None
    return [one for one in held if isinstance(one, BaseException)] if type(held) is tuple else []


def is_ours(frame: FrameType) -> bool:
    """Tell whether a frame only leads to the user's code: this file's, or one that says so."""
    return frame.f_code.co_filename == __file__ or "__tracebackhide__" in frame.f_locals


def write(folder: str, name: str, data: bytes) -> None:
    """Make the call's file, which was read, another one, so that nobody sees half of it."""
    call = f"{folder}/call.json"
    with os.fdopen(os.open(call, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666), "wb") as file:
        file.write(data)
        file.truncate()  # not before: ext4 flushes a file that was emptied, at its close
    os.rename(call, f"{folder}/{name}")  # noqa: PTH104


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # this file's folder
    sys.exit(main(*sys.argv[1:]))
