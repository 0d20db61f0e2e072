"""Submissions: one file and a few words, for one job or for several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from ...model.errors import InvalidRequest, NotFound, TooMany
from ...model.ids import new_id
from ...model.notification import Notify, Words
from ...model.request import Options, SubmitRequest, Target
from ...model.tool import Tool
from ...service import Upload
from ...service.sanity import looks_like_code
from ...service.together import UNFINISHED, Asked
from ..table import Call, Reply
from .errors import of_fields
from .records import BATCH, DIALECT, SINGLE, Batch, input_record
from .tools import OWN, input_of, required, to_submit
from .values import taken

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_LONGEST_NAME = 64
_LONGEST_FILENAME = 100  # bytes
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"(?=[^@]{{1,64}}@){_WORD}(\.{_WORD})*@(localhost|{_LABEL}(\.{_LABEL})+)")
_LONGEST_MAILBOX = 254
_SOFT = 2 / 3  # of the jobs that may be unfinished: further ones wait behind those of others
_LACKING = "You are missing a required parameter in your web form submission."
_CODE = "Incoming data can not contain"


class _Refusal(Exception):
    """A submission that can't be taken, with the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def submit(call: Call) -> object:
    """Accept a submission: each of its jobs, or none."""
    try:
        return _submit(call)
    except _Refusal as refusal:
        return refusal.reply


def _submit(call: Call) -> object:
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if call.body and kind not in _FORMS:
        told = f'Unsupported media type "{kind}" in request.'
        raise _Refusal(Reply({"detail": told}, 415))
    fields, files = call.form
    given = {name: values[-1] for name, values in fields.items()}
    if not all(name in given for name in ("submission_name", "email", "job")):
        raise _Refusal(_error("Input does not contain all required fields"))
    tools = _tools(call, given["job"])
    before = _unfinished(call, len(tools))
    _check_parameters(call, tools, given)
    name, email = _checked_form(given)
    file = _checked_file(files.get("input_data", []))
    batch = Batch(name, email, [tool.name for tool in tools], input_record(file))
    return {"UUID": _accept(call, tools, given, file, batch, before), "submission_name": name}


def _tools(call: Call, names: str) -> list[Tool]:
    asked, found = names.split(","), dict[str, Tool]()
    for name in dict.fromkeys(asked):
        try:
            found[name] = to_submit(call, name)
        except NotFound:
            raise _Refusal(_error("Job name supplied does not exist", name)) from None
    for tool in found.values():
        if not tool.enabled:
            told = f"{tool.name} is present but currently disabled."
            raise _Refusal(_error(told, status=403))
    return [found[name] for name in asked]


def _unfinished(call: Call, more: int) -> int:
    """Return how many of the caller's jobs have not ended; refuse `more` that are too many."""
    found = call.service.together.unfinished(call.who, DIALECT)
    if found + more > call.options.unfinished:
        raise _too_many(found)
    return found


def _too_many(found: int) -> _Refusal:
    told = f"You have no authority to post jobs....{found}, concurrent jobs running"
    return _Refusal(_error(told, status=429))


def _check_parameters(call: Call, tools: Sequence[Tool], given: Mapping[str, str]) -> None:
    """Refuse a submission that lacks a parameter, or in which one could be code."""
    for tool in tools:
        for name in required(tool):
            if name not in given:
                raise _parameter(call, tool, f"{_LACKING} ({name})")
    for name, value in given.items():
        if name in OWN or _is_truth(tools, name, value):
            continue
        if kind := looks_like_code(value):
            tool = next((one for one in tools if name in one.parameters), tools[0])
            raise _parameter(call, tool, f"{_CODE} {kind}: {value[:_LONGEST_NAME]} ({name})")


def _is_truth(tools: Sequence[Tool], name: str, value: str) -> bool:
    """Tell whether a field is true or false, in any case, and wanted as that alone."""
    kinds = {tool.parameters[name].type for tool in tools if name in tool.parameters}
    return kinds == {"boolean"} and value.upper() in ("TRUE", "FALSE")


def _parameter(call: Call, tool: Tool, why: str) -> _Refusal:
    root = call.url.partition("://")[2].partition("/")[2]
    discover = f"GET /{root}/endpoints to discover all required options"
    return _Refusal(_error(f"Required Parameter for {tool.name} Missing.{why} {discover}"))


def _checked_form(given: Mapping[str, str]) -> tuple[str, str]:
    """Return name and address of a submission."""
    name, email = given["submission_name"].strip(), given["email"].strip()
    wrong: dict[str, list[str]] = {}
    if not name:
        wrong["submission_name"] = ["This field is required."]
    elif len(name) > _LONGEST_NAME:
        most = f"Ensure this value has at most {_LONGEST_NAME} characters (it has {len(name)})."
        wrong["submission_name"] = [most]
    if not email:
        wrong["email"] = ["This field is required."]
    elif not _is_mailbox(email):
        wrong["email"] = ["Enter a valid email address."]
    if wrong:
        raise _Refusal(of_fields(**wrong))
    return name, email


def _is_mailbox(email: str) -> bool:
    return len(email) <= _LONGEST_MAILBOX and _MAILBOX.fullmatch(email) is not None


def _checked_file(sent: Sequence[Upload]) -> Upload:
    """Return the file of a submission, under the last part of its name."""
    if not sent:
        raise _Refusal(of_fields(input_data=["This field is required."]))
    name = PurePosixPath(sent[-1].filename).name
    size = len(name.encode())
    if size > _LONGEST_FILENAME:
        unit = "characters" if name.isascii() else "bytes"
        most = f"Ensure this filename has at most {_LONGEST_FILENAME} {unit} (it has {size})."
        raise _Refusal(of_fields(input_data=[most]))
    known = name if name not in ("", "..") else "input_data"
    return msgspec.structs.replace(sent[-1], filename=known)


def _accept(
    call: Call,
    tools: Sequence[Tool],
    given: Mapping[str, str],
    file: Upload,
    batch: Batch,
    before: int,
) -> str:
    """Accept the jobs of a submission and return its id."""
    uuid = new_id()
    words = Words(DIALECT, root=f"{call.url}/submission/{uuid}")
    sends = call.service.outgoing.mail is not None
    mails = [Notify(f"mailto:{batch.email}", words=words)] if sends else []
    priority = -1 if before >= _SOFT * call.options.unfinished else 0
    options = Options(name=batch.name, notify=[*mails], priority=priority)
    asked = [
        _asked(tool, SubmitRequest(Target(tool=tool.id), _arguments(tool, given), options), file)
        for tool in tools
    ]

    def note(jobs: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        return {
            BATCH: {uuid: batch.with_jobs(jobs)},
            SINGLE: {job: {"batch": uuid} for job in jobs},
        }

    try:
        most = call.options.unfinished
        call.service.together.submit(call.who, asked, DIALECT, note, most=most)
    except TooMany as error:  # others came in between, or the server's policy
        if error.field != UNFINISHED:
            raise
        raise _too_many(int(str(error.value))) from None
    except InvalidRequest as error:
        raise _Refusal(_refused(error, tools)) from None
    return uuid


def _asked(tool: Tool, request: SubmitRequest, file: Upload) -> Asked:
    """Return one of the jobs; the file of the submission is kept also where nobody reads it."""
    name = input_of(tool)
    return Asked(request, {name: file}) if name else Asked(request, beside={"input_data": file})


def _arguments(tool: Tool, given: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: taken(declared, given[name])
        for name, declared in tool.parameters.items()
        if name in given and name not in OWN
    }


def _refused(error: InvalidRequest, tools: Sequence[Tool]) -> Reply:
    """Return the answer for what the service refused, by the field of the form."""
    field = (error.field or "").removeprefix("arguments.").partition("[")[0]
    if any(field == input_of(tool) for tool in tools):
        return of_fields(input_data=["Input data could not be validated", str(error)])
    if any(field in tool.parameters for tool in tools):
        return of_fields(**{field: [str(error)]})
    of_form = {"options.name": "submission_name", "options.notify": "email"}
    named = next((name for start, name in of_form.items() if field.startswith(start)), "")
    return of_fields(**{named: [str(error)]}) if named else _error(str(error))


def _error(message: str, value: str | None = None, *, status: int = 400) -> Reply:
    told = message if value is None else f"{message}: {value[:_LONGEST_NAME]}"
    return Reply({"error": told}, status)
