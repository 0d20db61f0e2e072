"""Strict reading of what a request carries: JSON bodies, multipart parts, query parameters.

Everything that does not fit raises `InvalidRequest` naming field, value and what would fit.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from tornado import httputil, web

from ..model.errors import InvalidRequest, TooLarge
from ..service.decode import decode_request, explained
from ..service.references import is_filename
from ..service.uploads import Upload

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

    from .forms import Form

T = TypeVar("T", bound=msgspec.Struct)

JSON_LIMIT = 64 * 2**20  # bytes of JSON; larger things are sent as files beside it
MOST_PARTS = 10_000  # of one multipart request
JSON = "application/json"
MULTIPART = "multipart/form-data"
_NOT_OURS = frozenset({"token", "_xsrf", "no_track_activity"})  # what Jupyter itself reads


def allow_many_parts() -> None:
    """Let a multipart request have a part for each of the values that a sweep goes over.

    Tornado stops at a hundred since 6.5.5, and can be told otherwise for a whole process only.
    """
    if hasattr(httputil, "set_parse_body_config"):
        multipart = httputil.ParseMultipartConfig(max_parts=MOST_PARTS)
        httputil.set_parse_body_config(httputil.ParseBodyConfig(multipart=multipart))


def decode_json(raw: bytes, shape: type[T]) -> T:
    """Return the JSON `raw` as a `shape`."""
    if len(raw) > JSON_LIMIT:
        raise TooLarge(
            f"The JSON of a request may have {JSON_LIMIT:,} bytes.",
            value=len(raw),
            hint="Send large values as files, in a multipart request.",
        )
    return decode_request(raw, shape)


def decode_query(request: HTTPServerRequest, shape: type[T]) -> T:
    """Return the query of `request` as a `shape`; a field that is a list may be repeated."""
    lists = _lists(shape)
    given: dict[str, Any] = {}
    for name, raw in request.query_arguments.items():
        values = [_text(name, value) for value in raw]
        if name in _NOT_OURS or (name.isdigit() and values == [""]):  # JupyterLab's cache buster
            continue
        if len(values) > 1 and name not in lists:
            raise InvalidRequest(
                f"{name or 'A parameter without a name'} is given twice.",
                field=name or '""',
                value=values,
            )
        given[name] = values if name in lists else values[0]
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise explained(error, given, shape, query=True) from None


@cache
def _lists(shape: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of the fields that are lists."""
    fields = msgspec.structs.fields(shape)
    return frozenset(field.encode_name for field in fields if _is_list(field.type))


def media_type(request: HTTPServerRequest) -> str:
    """Return the type of a request's body, without what stands behind it."""
    return request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower()


def boundary(request: HTTPServerRequest) -> bytes:
    """Return what stands between the parts of a form; `InvalidRequest` when that is not said."""
    for parameter in request.headers["Content-Type"].split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "boundary" and value:
            return value.strip().strip('"').encode("latin-1", "replace")
    raise InvalidRequest(
        "The type of the body names no boundary.",
        field="Content-Type",
        value=request.headers["Content-Type"],
    )


def decode_body(
    request: HTTPServerRequest, shape: type[T], *, files: bool = False, form: Form | None = None
) -> tuple[T, dict[str, Upload]]:
    """Return the body of `request` as a `shape`, and the files sent with it by part name.

    `form` is the body where it was a form; `files` tells whether it might have been.
    """
    if form is not None:
        uploads = _uploads(form)
        return decode_json(_request_part(form), shape), uploads
    kind = media_type(request)
    if kind == JSON or not request.body:
        return decode_json(request.body or b"{}", shape), {}
    also = f" or {MULTIPART}" if files else ""
    raise web.HTTPError(415, f"Send the body as {JSON}{also}, not as {kind}.")


def _uploads(form: Form) -> dict[str, Upload]:
    uploads: dict[str, Upload] = {}
    for name, upload in form.files:
        if name in uploads:
            raise InvalidRequest(f"There are several parts named {name!r}.", field=name)
        if not is_filename(upload.filename):
            raise InvalidRequest(
                f"No file can have the name of the part {name!r}.",
                field=name,
                value=upload.filename,
                hint="Shorten it.",
            )
        uploads[name] = upload
    for name, _ in form.fields:
        if name != "request":
            raise InvalidRequest(
                f"The part {name!r} is not a file.",
                field=name,
                hint="Give it a file name, or put the value into the part `request`.",
            )
    uploads.pop("request", None)
    return uploads


def _request_part(form: Form) -> bytes:
    """Return the JSON; some clients send every part as a file."""
    plain = [value for name, value in form.fields if name == "request"]
    bodies = [upload.body for name, upload in form.files if name == "request"]
    plain += [body for body in bodies if isinstance(body, bytes)]
    if len(plain) != 1:
        raise InvalidRequest(
            "A multipart request needs exactly one part named `request`.",
            field="request",
            hint="It holds the JSON that a plain request has as its body.",
        )
    return plain[0]


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name} is not UTF-8.", field=name, value=repr(value)) from None


def _is_list(kind: object) -> bool:
    return getattr(kind, "__origin__", None) is list
