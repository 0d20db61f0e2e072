"""What a dialect is made of: a table of routes, each a plain function, and the shape of errors.

A whole dialect, with one job to look at and one way to make one::

    def show(call: Call, job: str) -> object:
        "Return a job."
        return {"id": job, "state": STATES[call.service.jobs.get(call.who, job).status]}

    def submit(call: Call) -> object:
        "Accept a job."
        asked = call.json(Asked)  # strict; InvalidRequest names the field
        request = SubmitRequest(Target(tool=asked.tool), asked.arguments)
        return {"id": call.service.jobs.submit(call.who, request).id}

    def refused(problem: Problem, status: int) -> Reply:
        return Reply({"error": problem.message, "field": problem.field}, status)

    EXAMPLE = Dialect("example", refused, (
        Route("POST", "jobs", submit, status=201),
        Route("GET", "jobs/{job}", show, short=True),
    ))

Served at ``jobs-ext/example/``. The functions run beside the event loop and raise the service's
errors; whoever calls has been let in, and the answer is encoded there, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct
from tornado import httputil

from ..api.decode import JSON_LIMIT, MOST_PARTS, decode_json
from ..api.errors import Problem
from ..api.forms import Form
from ..model.errors import InvalidRequest, TooLarge, Unauthenticated
from ..model.job import Output
from ..service import Principal, Service, Upload
from ..service.uploads import Draft

__all__ = ["JSON", "Call", "Dialect", "File", "Problem", "Reply", "Route", "bare", "decoded"]

T = TypeVar("T", bound=Struct)

JSON = "application/json"
_URLENCODED = "application/x-www-form-urlencoded"
PATIENCE = 15.0
_ACTIONS = {"GET": "read", "HEAD": "read", "POST": "execute"}


@dataclass(frozen=True)
class Reply:
    """An answer that says more than its value: bytes are sent as they are, None as nothing.

    `once` is a short read: the answer is sent when it gives True, or after `PATIENCE` seconds. No
    thread waits meanwhile.
    """

    value: object = None
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    once: Callable[[], bool] | None = None

    def encoded(self) -> bytes:
        """Return the body."""
        if self.value is None or isinstance(self.value, bytes):
            return self.value or b""
        return msgspec.json.encode(self.value, enc_hook=str)


@dataclass(frozen=True)
class File:
    """An answer that is a file: sent whole or by range, never held in memory.

    `span` is the first byte and the one after the last, where the dialect has a way of its own to
    ask for a range.
    """

    output: Output
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Call:
    """One request, as the functions of a dialect see it."""

    service: Service
    caller: Principal | None  # None: nobody we know, which a public route allows
    url: str  # of the dialect's root, absolute, without a slash at its end: for links
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes = b""
    draft: Draft | None = None  # the body, on disk, where the route says that it is a file
    options: Any = None  # `Dialect.options`, as this server has them
    streamed: Form | None = None  # a multipart form, its large files on disk, where a route says so

    @property
    def who(self) -> Principal:
        """Who the request acts for."""
        if self.caller is None:
            raise Unauthenticated("This needs credentials.", field="Authorization")
        return self.caller

    def first(self, name: str, otherwise: str = "") -> str:
        """Return a parameter of the query, the first if it is repeated."""
        return next(iter(self.query.get(name, ())), otherwise)

    def json(self, shape: type[T]) -> T:
        """Return the body as a struct, whatever its declared type; raises `InvalidRequest`."""
        return decode_json(self.body, shape)

    @cached_property
    def form(self) -> tuple[dict[str, list[str]], dict[str, list[Upload]]]:
        """The fields and the files of a form, urlencoded or multipart, each in the order sent."""
        if self.streamed is not None:
            return _in_order(self.streamed)
        values: dict[str, list[bytes]] = {}
        files: dict[str, list[httputil.HTTPFile]] = {}
        kind = self.headers.get("Content-Type", "")
        if self.body.count(b"&") >= MOST_PARTS and kind.startswith(_URLENCODED):
            raise TooLarge(f"A form may have {MOST_PARTS:,} fields.", field="body")
        try:
            httputil.parse_body_arguments(kind, self.body, values, files)
        except httputil.HTTPInputError as error:
            raise InvalidRequest(f"The form can't be read: {error}.") from None
        return (
            {name: [decoded(name, value) for value in some] for name, some in values.items()},
            {name: [_upload(file) for file in some] for name, some in files.items()},
        )


#: What a route does: takes the call and the path's parts, returns a value for JSON, Reply or File.
Verb = Callable[..., object]


@dataclass(frozen=True)
class Route:
    """One method of one path.

    In the path ``{name}`` is one segment and ``{name:path}``, at the end, any number of them, also
    none. Slashes may be doubled and one may follow at the end.
    """

    method: str
    path: str
    run: Verb
    status: int = 200  # of the answer, unless it is a Reply
    resource: str = "jobs_ext:jobs"  # what Jupyter's authorizer is asked about
    action: str = ""  # read, write or execute; default: what the method stands for
    short: bool | Callable[[Call], bool] = False  # reads for about a ms: run at once, no thread
    public: bool = False  # needs no credentials
    key: Callable[[Call], str] | None = None  # what in the body lets in; the caller is whose it is
    watch: Verb | None = None  # as `run`, for who wants a WebSocket here: returns a `Watch`
    #: file: written to disk as it comes (`Call.draft`); form: so are the large files of a multipart
    #: form (`Call.form`); all else is held in memory
    body: Literal["memory", "file", "form"] = "memory"
    limit: int = JSON_LIMIT  # bytes of a body in memory

    @property
    def asks(self) -> str:
        """The action that Jupyter's authorizer is asked about."""
        return self.action or _ACTIONS.get(self.method, "write")

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (self.run.__doc__ or "").partition("\n")[0].rstrip(".")


def bare(_: Call, value: object) -> object:
    """Return a value as it is: most dialects put nothing around it."""
    return value


@dataclass(frozen=True)
class Dialect:
    """A seed system's wire format."""

    name: str  # also where it is served: jobs-ext/<name>/
    error: Callable[[Problem, int], Reply]  # what is said about every error below the root
    routes: tuple[Route, ...]
    wrap: Callable[[Call, object], object] = bare  # what is put around every good value
    schemes: frozenset[str] = frozenset({"bearer", "token", "basic"})  # "": a key alone
    headers: tuple[str, ...] = ()  # more headers that may hold a key alone
    home: str | None = None  # root path at its own server (`dialect_ports`); None: it has none
    beside: tuple[Route, ...] = ()  # what that server has at its root, beside `home`
    options: Struct | None = None  # a struct with what the server may set, and its defaults
    guests: bool = False  # whether its clients may send no credentials, at a port of its own
    challenge: str = "Bearer"  # never Basic: browsers would send it along for other sites


def _in_order(form: Form) -> tuple[dict[str, list[str]], dict[str, list[Upload]]]:
    fields: dict[str, list[str]] = {}
    files: dict[str, list[Upload]] = {}
    for name, value in form.fields:
        fields.setdefault(name, []).append(decoded(name, value))
    for name, upload in form.files:
        files.setdefault(name, []).append(upload)
    return fields, files


def decoded(name: str, value: bytes) -> str:
    """Return a text that was sent; `InvalidRequest` for one that is not UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name} is not UTF-8.", field=name, value=repr(value)) from None


def _upload(file: Any) -> Upload:
    return Upload(filename=file.filename, media_type=file.content_type, body=file.body)
