"""The one map from what went wrong to what the client is told: status and JSON."""

from __future__ import annotations

from http.client import responses
from typing import Any

import msgspec
from msgspec import Struct
from tornado import web

from ..model.errors import JobsError
from ..model.view import show_value

RETRY_AFTER = 2  # seconds; what a 503 asks clients to wait
_ECHO = 1000  # bytes of JSON, characters of text; what is longer is shown shortened

_TYPES = {
    400: "invalid_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


class Problem(Struct, frozen=True):
    """The body of every answer that is an error."""

    message: str  # a sentence for people
    reason: str  # the status as words
    type: str  # for programs: invalid_request, not_found, …
    field: str | None = None  # what was wrong, e.g. ``arguments.k``
    value: Any = None  # what was given for it
    hint: str = ""  # what to do instead


def status_of(error: BaseException | None, otherwise: int = 500) -> int:
    """Return the HTTP status that stands for `error`."""
    return error.http_status if isinstance(error, JobsError) else otherwise


def describe(error: BaseException | None, status: int) -> Problem:
    """Return what the client is told about `error`; never a traceback."""
    reason = responses.get(status, "Unknown Error")
    if isinstance(error, JobsError):
        field = error.field and _shortened(error.field)
        told = _shortened(error.message), reason, error.type, field, _echo(error.value)
        return Problem(*told, hint=_shortened(error.hint))
    if isinstance(error, web.HTTPError):
        message = (error.log_message or "") % error.args
        return Problem(_shortened(message) or f"{reason}.", error.reason or reason, _type(status))
    return Problem(
        "The server ran into an unexpected error.",
        reason,
        "internal_error",
        hint="The log of the Jupyter server has the details.",
    )


def _type(status: int) -> str:
    return _TYPES.get(status, "invalid_request" if status < 500 else "internal_error")


def _shortened(text: str) -> str:
    return text if len(text) <= _ECHO else text[: _ECHO - 1] + "…"


def _echo(value: object) -> object:
    try:
        return value if len(msgspec.json.encode(value)) <= _ECHO else show_value(value, _ECHO)
    except TypeError:
        return str(value)[:_ECHO]
    except (ValueError, RecursionError):  # text that is no Unicode; nested too deeply
        return None
