"""What Agave puts around every answer, and what a query may change about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from ..table import Call, Problem, Reply

#: Of the API. The client compares it as a text: from 2.2.22 on it expects other names in a job.
VERSION = "2.2.14-r0"
DEFAULT_LIMIT = 250
LARGEST_LIMIT = 500
_STATUS = {409: 400}  # Agave has no other word for what does not fit the state of a job
_TRUE = ("true", "1", "")
#: What the service calls by its own names.
_FIELDS = {
    "options.name": "name",
    "options.cpu": "processorsPerNode",
    "options.memory": "memoryPerNode",
    "options.timeout": "maxRunTime",
    "options.queue": "batchQueue",
    "options.archive": "archivePath",
    "target.tool": "appId",
    "tool": "appId",
    "id": "jobId",
    "grantee": "username",
    "notification": "uuid",
}
T = TypeVar("T")


def wrap(call: Call, value: object) -> object:
    """Return a good answer: in the envelope, unless ``naked``, and of each row what is asked."""
    shown = _filtered(value, call.first("filter"))
    body = shown if asked(call, "naked") else _envelope("success", None, shown)
    if asked(call, "pretty"):
        return msgspec.json.format(msgspec.json.encode(body, enc_hook=str), indent=2)
    return body


def error(problem: Problem, status: int) -> Reply:
    """Return what is said about an error: the same envelope, with the field that was wrong."""
    said = f"{problem.message} {problem.hint}".rstrip()
    more: dict[str, object] = {}
    if problem.field:
        field = _field(problem.field)
        said = said.replace(problem.field, field) if "." in problem.field else said
        said = said if field in said else f"{field}: {said}"
        more = {"field": field, "value": problem.value}
    return Reply(_envelope("error", said, None) | more, _STATUS.get(status, status))


def _field(name: str) -> str:
    """Return the dialect's name of a field of the service."""
    known = _FIELDS.get(name) or name.removeprefix("arguments.")
    return known.replace("options.notify", "notifications")


def _envelope(status: str, message: str | None, result: object) -> dict[str, object]:
    return {"status": status, "message": message, "version": VERSION, "result": result}


def asked(call: Call, name: str) -> bool:
    """Tell whether a switch of the query is on."""
    return name in call.query and call.first(name).lower() in _TRUE


def paged(call: Call, rows: Sequence[T]) -> list[T]:
    """Return the rows that ``limit`` and ``offset`` leave."""
    start = offset(call)
    return [*rows[start : start + limit(call)]]


def limit(call: Call) -> int:
    """Return how many rows are asked for: as in Agave, nonsense means the default."""
    return min(_number(call.first("limit"), DEFAULT_LIMIT), LARGEST_LIMIT)


def offset(call: Call) -> int:
    """Return how many rows are to be left out."""
    return _number(call.first("offset"), 0)


def _number(text: str, otherwise: int) -> int:
    digits = text.strip().removeprefix("-")
    good = digits.isascii() and digits.isdecimal() and len(digits) < 19
    return int(digits) if good else otherwise


def _filtered(value: object, names: str) -> object:
    """Return of objects only the fields of these names: ``id,_links.self.href``."""
    paths = [path.strip().split(".") for path in names.split(",") if path.strip()]
    if not paths:
        return value
    if isinstance(value, list):
        return [_picked(row, paths) for row in value]
    return _picked(value, paths)


def _picked(value: object, paths: list[list[str]]) -> object:
    if not isinstance(value, dict):
        return value
    picked: dict[str, Any] = {}
    for first, *rest in paths:
        if first not in value:
            continue
        inner = _picked(value[first], [rest]) if rest else value[first]
        known = picked.get(first)
        if isinstance(known, dict) and isinstance(inner, dict):
            inner = known | inner
        picked[first] = inner
    return picked
