"""A JobRequest, read in all the ways Agave takes it, and turned into ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ...model.errors import InvalidRequest, NotFound
from ...model.request import Options, SubmitRequest, Target
from ...model.tool import Tool
from ...service.decode import convert_request, decode_request
from ..table import Call
from .arguments import arguments_of
from .notices import Wanted, notifies
from .shapes import STORAGE

_TIME = re.compile(r"(\d{1,5}):([0-5]\d):([0-5]\d)", re.ASCII)
_LONGEST_NAME = 64
_LONGEST_APP = 80
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_FILE = "fileToUpload"
_NESTED = ("inputs", "parameters", "notifications")  # may be JSON in a form
_TRUE = ("true", "1", "on")
_FALSE = ("false", "0", "off")


class JobRequest(Struct, frozen=True):
    """Body of a submit. As in Agave, other keys are ignored and numbers may be texts."""

    name: str
    appId: str
    inputs: dict[str, Any] | None = None
    parameters: dict[str, Any] | None = None
    archive: bool | None = None
    archivePath: str | None = None
    archiveSystem: str | None = None
    batchQueue: str | None = None
    maxRunTime: str | None = None
    memoryPerNode: str | float | None = None
    nodeCount: float | str | None = None
    processorsPerNode: float | str | None = None
    notifications: list[Wanted] | str | None = None
    callbackUrl: str | None = None


def submission(call: Call) -> tuple[SubmitRequest, Tool]:
    """Return the submit that a request asks for; `InvalidRequest` names the field that can't be."""
    asked, others = read(call)
    tool = _tool(call, asked)
    arguments = arguments_of(call, tool, asked.inputs or {}, asked.parameters or {}, others)
    return SubmitRequest(Target(tool=tool.id), arguments, _options(call, asked)), tool


def read(call: Call) -> tuple[JobRequest, dict[str, Any]]:
    """Return the body of a submit: JSON of whatever type, a file with it, or a form.

    The second is what a form says beside the fields of a JobRequest: inputs and parameters.
    """
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == _MULTIPART:
        fields, files = call.form
        sent = [upload.body for upload in files.get(_FILE, ())]
        sent += [text.encode() for text in fields.get(_FILE, ())]
        if not sent:
            return _of_form(fields)
        assert isinstance(sent[0], bytes), "a form in memory has its files there"
        return decode_request(sent[0], JobRequest), {}
    if kind == _FORM and not call.body.lstrip().startswith((b"{", b"[")):
        return _of_form(call.form[0])
    return call.json(JobRequest), {}


def _of_form(fields: Mapping[str, list[str]]) -> tuple[JobRequest, dict[str, Any]]:
    names = {field.name for field in msgspec.structs.fields(JobRequest)}
    given: dict[str, Any] = {name: values[0] for name, values in fields.items() if name in names}
    for name in _NESTED:
        if given.get(name, "").lstrip().startswith(("{", "[")):
            given[name] = decode_request(given[name].encode(), object)
    word = given.get("archive", "").lower()
    if word in (*_TRUE, *_FALSE):
        given["archive"] = word in _TRUE
    others = {name: values for name, values in fields.items() if name not in names}
    return convert_request(given, JobRequest), others


def _tool(call: Call, asked: JobRequest) -> Tool:
    """Return the app that is asked for; `Forbidden` for one that the caller may not run."""
    _check_length("name", asked.name, _LONGEST_NAME)
    _check_length("appId", asked.appId, _LONGEST_APP)
    if "-" not in asked.appId.strip("-"):
        raise InvalidRequest(
            f"{asked.appId!r} is no id of an app.",
            field="appId",
            value=asked.appId,
            hint="Write its name, a dash and its version, such as wc-1.0.",
        )
    try:
        return call.service.tools.to_submit(call.who, asked.appId)
    except NotFound as error:
        raise InvalidRequest(
            f"There is no app {asked.appId!r}.", field="appId", value=asked.appId, hint=error.hint
        ) from None


def _check_length(field: str, text: str, most: int) -> None:
    if not len(text.strip()) > 0 or len(text) > most:
        raise InvalidRequest(f"{field} has 1 to {most} characters.", field=field, value=text)


def _options(call: Call, asked: JobRequest) -> Options:
    nodes = _whole("nodeCount", asked.nodeCount)
    if nodes not in (None, 1):
        raise InvalidRequest(
            f"nodeCount can't be {nodes}: jobs run on one machine here.",
            field="nodeCount",
            value=asked.nodeCount,
            hint="Give 1, and the cores you need as processorsPerNode.",
        )
    cores = _whole("processorsPerNode", asked.processorsPerNode)
    archive = _archive(call, asked)
    archived = archive is not None
    return Options(
        name=asked.name,
        cpu=None if cores is None else float(cores),
        memory=_memory(asked.memoryPerNode),
        timeout=_seconds(asked.maxRunTime),
        queue=asked.batchQueue or None,
        archive=archive,
        notify=[
            *notifies(call, asked.notifications, "notifications", archived=archived),
            *notifies(call, asked.callbackUrl, "callbackUrl", archived=archived),
        ],
    )


def _whole(field: str, value: float | str | None) -> int | None:
    """Return a number that is whole and at least 1."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    text = str("" if whole is None else whole).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and int(text[:10]) > 0 and len(text) < 10):
        raise InvalidRequest(
            f"{field} can't be {text[:40]}.", field=field, value=value, hint="Give 1 or more."
        )
    return int(text)


def _memory(value: str | float | None) -> int | str | None:
    """Return a size; a number without a unit means GB."""
    if value is None or value == "":
        return None
    text = str(value).strip()
    number = text.replace(".", "", 1)
    plain = number.isascii() and number.isdecimal()
    return f"{text}GB" if plain else text


def _seconds(text: str | None) -> float | None:
    if not text:
        return None
    found = _TIME.fullmatch(text.strip())
    hours, minutes, seconds = map(int, found.groups()) if found else (0, 0, 0)
    total = hours * 3600 + minutes * 60 + seconds
    if total == 0:
        raise InvalidRequest(
            f"maxRunTime can't be {text[:40]!r}.",
            field="maxRunTime",
            value=text,
            hint="Write hours, minutes and seconds, such as 01:30:00.",
        )
    return float(total)


def _archive(call: Call, asked: JobRequest) -> str | None:
    """Return the folder that the outputs are archived into; None when they are not."""
    if asked.archiveSystem not in (None, "", STORAGE):
        raise InvalidRequest(
            f"There is no storage system {asked.archiveSystem!r} here.",
            field="archiveSystem",
            value=asked.archiveSystem,
            hint=f"Leave it out: {STORAGE!r} is the server's own folder.",
        )
    if asked.archive is False:
        return None
    return asked.archivePath or f"{call.who.owner}/archive/jobs/job-{{id}}"
