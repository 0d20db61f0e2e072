"""Argument values on their way to the server: JSON where that is exact, uploaded parts else."""

from __future__ import annotations

import itertools
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from pathlib import PurePath
from typing import Any, NamedTuple

import msgspec

from .errors import InvalidRequest

#: JSON of a function's argument longer than this travels as an uploaded part.
INLINE = 64 * 1024
DEEPEST = 32  # lists and objects inside each other in such JSON


class Part(NamedTuple):
    """A file that goes with a request."""

    filename: str
    content: bytes
    media_type: str


Parts = dict[str, Part]


class Reference(ABC):
    """Something that stands for another job's output, not known yet, or for a data set."""

    @abstractmethod
    def reference(self) -> dict[str, Any]:
        """Return the JSON that the server replaces by the output."""


class References(ABC):
    """Several of these, such as the jobs of a batch: as an argument, the list of them."""

    @abstractmethod
    def each(self) -> Sequence[Reference]:
        """Return them in their order."""


def flat(value: Any) -> Any:
    """Return what to wait for as one list, with the jobs of a batch in its place."""
    if isinstance(value, References):
        return list(value.each())
    if not isinstance(value, list | tuple):
        return value
    several = [one.each() if isinstance(one, References) else [one] for one in value]
    return list(itertools.chain.from_iterable(several))


def plain(value: Any, field: str, parts: Parts) -> Any:
    """Return `value` as JSON for a tool, command, script or notebook.

    Paths become text, NumPy numbers plain ones, dates ISO 8601; bytes and a `Part` are uploaded
    under the name of their argument. `field` names the place in messages. Raises
    `InvalidRequest` for what has no JSON form.
    """
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Reference):
        return value.reference()
    if isinstance(value, References):
        return [one.reference() for one in value.each()]
    if isinstance(value, int | float):
        return _number(value, field)
    if isinstance(value, PurePath):
        return os.fspath(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | Part):
        return _upload(value, field, parts)
    return _nested(value, field, parts)


def _nested(value: Any, field: str, parts: Parts) -> Any:
    if isinstance(value, Mapping):
        return {str(k): plain(v, f"{field}.{k}", parts) for k, v in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(v, f"{field}[{i}]", parts) for i, v in enumerate(value)]
    if callable(getattr(value, "tolist", None)):  # a NumPy number or array, a pandas column
        return plain(value.tolist(), field, parts)
    raise InvalidRequest(
        f"{field} is a {type(value).__name__}, which has no JSON form.",
        field=field,
        value=type(value).__name__,
        hint="Write it to a file and give the path.",
    )


def _number(value: int | float, field: str) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequest(
            f"{field} is {value}, which JSON can't hold.", field=field, value=str(value)
        )
    return int(value) if isinstance(value, int) else float(value)


def _upload(value: bytes | Part, field: str, parts: Parts) -> dict[str, str]:
    name = field.removeprefix("arguments.")
    if not isinstance(value, Part):
        value = Part(name, value, "application/octet-stream")
    parts[name] = value
    return {"$part": name, "text": value.filename}


def encoded(body: Any) -> bytes:
    """Return the body of a request as JSON.

    Raises `InvalidRequest`, naming the field, for text that is none: a lone surrogate is in it, as
    Python reads the names of files that are not UTF-8.
    """
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        fields = (field for field, text in _texts(msgspec.to_builtins(body)) if not _is_text(text))
        field = next(fields) or "body"
        raise InvalidRequest(
            f"{field} holds a lone surrogate, which is no text.",
            field=field,
            hint="A file whose name is not UTF-8 needs another name to be given as text.",
        ) from None


def _texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of JSON behind the field that it stands in, keys too."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield field, key
            yield from _texts(one, f"{field}.{key}" if field else key)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _texts(one, f"{field}[{i}]")


def _is_text(text: str) -> bool:
    return text.encode("utf-8", "ignore").decode() == text


def is_inline(value: Any) -> bool:
    """Tell whether a value travels as JSON: it comes back as it is, and is not large."""
    return _is_exact(value, DEEPEST) and len(msgspec.json.encode(value)) <= INLINE


def _is_exact(value: Any, depth: int) -> bool:
    """Tell whether a function gets back from JSON just what was put in, types included."""
    kind = type(value)
    if value is None or kind is bool:
        return True
    if kind is int:
        return bool(-(2**63) <= value < 2**63)
    if kind is float:
        return math.isfinite(value)
    if kind is str:
        return len(value) <= INLINE and _is_text(value)
    if kind not in (list, dict) or depth == 0 or len(value) > INLINE:
        return False
    if kind is list:
        return all(_is_exact(one, depth - 1) for one in value)
    return all(
        type(k) is str and not k.startswith("$") and _is_exact(v, depth - 1)
        for k, v in value.items()
    )


def scalar(value: Any) -> Any:
    """Return a NumPy number whose Python twin is equal in every bit as that twin."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        kind = getattr(value.dtype, "kind", "")
        if kind in "biu" or value.dtype.name == "float64":
            return value.item()
    return value
