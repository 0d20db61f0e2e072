"""The OpenAPI document, made from the routes and from the structs that the handlers decode."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from tornado import web

from .. import __version__
from .errors import Problem
from .handler import JobsHandler, verbs
from .kernelkeys import KERNEL_HEADER, KEY_HEADER
from .operation import Operation, authorized, operation, operation_of

if TYPE_CHECKING:
    from .routes import Route

_REF = "#/components/schemas/{name}"
_JSON = "application/json"


class OpenAPIHandler(JobsHandler):
    """``openapi.json``."""

    @web.authenticated
    @authorized("read", resource="jobs_ext:api")
    @operation("Show this document", response=dict[str, Any])
    async def get(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document of this API, with this server's address."""
        from .routes import ROUTES  # the table names this handler

        return document(tuple(ROUTES)) | {"servers": [{"url": self.url()}]}


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """Return the document of `routes`."""
    kinds: list[Any] = [Problem]
    for route in routes:
        for told in (operation_of(route.handler, verb) for verb in verbs(route.handler)):
            kinds += [k for k in (told.response, told.body) if k is not None] if told else []
    _, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "jobs_ext", "version": __version__, "summary": "Jobs from a notebook"},
        "paths": {_path(route): _item(route) for route in routes},
        "components": {"schemas": components, "securitySchemes": _SECURITY},
        "security": [{"token": []}, {"bearer": []}, {"basic": []}, {"kernel": [], "key": []}],
    }


_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "basic": {"type": "http", "scheme": "basic", "description": "An API key as the password."},
    "token": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "kernel": {"type": "apiKey", "in": "header", "name": KERNEL_HEADER},
    "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
}


def _path(route: Route) -> str:
    return "/" + route.path.replace(":path", "")


def _item(route: Route) -> dict[str, Any]:
    """Return what the document says of one path."""
    names = re.findall(r"\{(\w+)\}", _path(route))
    parts = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    item: dict[str, Any] = {"parameters": parts} if parts else {}
    for verb in verbs(route.handler):
        told = operation_of(route.handler, verb)
        if told is not None:
            item[verb.lower()] = _operation(told)
    return item


def _operation(told: Operation) -> dict[str, Any]:
    parameters = [_parameter(f) for f in msgspec.structs.fields(told.query)]
    said: dict[str, Any] = {"summary": told.summary, "responses": _responses(told)}
    if parameters:
        said["parameters"] = parameters
    if told.raw:
        said["requestBody"] = {"required": True, "content": {"*/*": {}}}
    if told.body is not None:
        said["requestBody"] = {"required": True, "content": _content(told)}
    return said


def _parameter(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([field.type], ref_template=_REF)
    if "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[-1]]
    return {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}


def _content(told: Operation) -> dict[str, Any]:
    schema = _schema(told.body)
    content: dict[str, Any] = {_JSON: {"schema": schema}}
    if told.files:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "properties": {"request": schema},
                "required": ["request"],
                "additionalProperties": file,
            },
            "encoding": {"request": {"contentType": _JSON}},
        }
    return content


def _responses(told: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": told.summary}
    if told.response is not None:
        good["content"] = {told.media_type: {"schema": _schema(told.response)}}
    elif told.media_type != _JSON:
        good["content"] = {told.media_type: {}}
    bad = {"description": "What went wrong", "content": {_JSON: {"schema": _schema(Problem)}}}
    well = {str(status): good for status in (told.status, told.again) if status is not None}
    return {**well, "default": bad}


def _schema(kind: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema
