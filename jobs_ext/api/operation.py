"""What a verb takes and gives, said once: for decoding it and for the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from jupyter_server.auth import decorator
from msgspec import Struct

from .decode import decode_body, decode_query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from .handler import JobsHandler

    Verb = Callable[..., Coroutine[Any, Any, None]]
    Method = Callable[..., Awaitable[Any]]


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A query without parameters."""


@dataclass(frozen=True)
class Operation:
    """One verb of one route."""

    summary: str
    response: Any = None  # type of the JSON answer; None when there is none
    status: int = 200
    again: int | None = None  # the status instead, where the thing was there already
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    files: bool = False  # the body may be multipart, with files beside the JSON
    raw: bool = False  # the body is a file, whatever its type
    media_type: str = "application/json"  # of the answer


def authorized(action: str, *, resource: str) -> Callable[[Verb], Verb]:
    """Decorate a verb: only for those whom Jupyter's authorizer lets do `action`.

    This is Jupyter's own decorator with types. The resource is named each time: left to a class
    attribute, it would be taken from the first class that uses an inherited verb, for all.
    """
    decorate: Callable[[Verb], Verb] = decorator.authorized(action, resource=resource)
    return decorate


def describes(told: Operation) -> Callable[[Verb], Verb]:
    """Decorate a verb that decodes and answers by itself."""

    def decorate(method: Verb) -> Verb:
        method.operation = told  # type: ignore[attr-defined]
        return method

    return decorate


def operation(summary: str, **rest: Any) -> Callable[[Method], Verb]:
    """Decorate a verb: decode what it takes (`Operation`), encode what it returns.

    The method gets the path's parts, then ``query=`` when it declares a query, and ``body=``
    (with ``files=`` when it takes files) when it declares a body.
    """
    told = Operation(summary, **rest)

    def decorate(method: Method) -> Verb:
        @wraps(method)
        async def run(handler: JobsHandler, *path: str) -> None:
            """Decode, call, encode."""
            taken: dict[str, Any] = {}
            query = decode_query(handler.request, told.query)
            if told.query is not NoQuery:
                taken["query"] = query
            if told.body is not None:
                taken["body"], files = await handler.call(
                    decode_body,
                    handler.request,
                    told.body,
                    files=told.files,
                    form=await handler.form(),
                )
                taken |= {"files": files} if told.files else {}
            answer = await method(handler, *path, **taken)
            if told.media_type == "application/json":
                handler.answer(answer, told.status)

        return describes(told)(run)

    return decorate


def operation_of(handler: type, verb: str) -> Operation | None:
    """Return what `operation` said of the verb (``GET``) of a handler class, if it has one."""
    found: Operation | None = getattr(getattr(handler, verb.lower(), None), "operation", None)
    return found
