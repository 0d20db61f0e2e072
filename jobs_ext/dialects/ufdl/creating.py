"""Jobs from templates: checked against the template's contract and parameters, then submitted.

A job is one of a tool that the template is: nodes run it, and its arguments are just what the
client gave, types included.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ...model.errors import Conflict, InvalidRequest
from ...model.request import Options, SubmitRequest, Target
from ...model.tool import Tool, ToolParameter
from .context import Ctx, action
from .contracts import Contract
from .files import Value, files
from .jobs import one
from .native import tool_of
from .shapes import TEMPLATE, TOOLS, Json
from .templates import contract_of, known
from .types import Type, parse_type

_LONGEST = 200  # characters of a job's name


class Notifications(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to tell of what: every job can be watched anyhow, and nobody else is told."""

    actions: dict[str, list[dict[str, Any]]]
    keep_default: bool = False


class JobSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of create-job."""

    input_values: dict[str, Value]
    parameter_values: dict[str, Value] | None = None
    description: str = ""
    notification_override: Notifications | None = None
    child_notification_overrides: dict[str, Notifications] | None = None


@action
def create_job(ctx: Ctx, pk: str) -> object:
    """Make a job from a template."""
    ctx = ctx._replace(who=ctx.who.submitting())
    template = known(ctx, pk)
    spec = ctx.body(JobSpec)
    _check_messages(spec.notification_override, "notification_override")
    for name, given in (spec.child_notification_overrides or {}).items():
        field = f"child_notification_overrides.{name}"
        if name not in template.get("steps", ()):
            raise Conflict(f"A job of this template has no child {name!r}.", field=field)
        _check_messages(given, field)
    if template["pk"] >= TOOLS:
        return _of_tool(ctx, template, spec)
    arguments = {
        "template": {name: template[name] for name in ("pk", "name", "version")},
        "input_values": _inputs(spec.input_values, contract_of(template)),
        "parameter_values": _parameters(spec.parameter_values or {}, template),
    }
    tool = _tool(template)
    options = Options(name=template["name"][:_LONGEST], description=spec.description)
    request = SubmitRequest(Target(tool=tool.id), arguments, options)
    return one(ctx.service, ctx.service.jobs.submit(ctx.who, request, tool=tool))


def _of_tool(ctx: Ctx, template: Json, spec: JobSpec) -> object:
    """Make a job of a tool of the server: it has values, and no types beside them."""
    tool = tool_of(ctx, template["pk"])
    given = _parameters(spec.parameter_values or {}, template)
    arguments = {name: one_of["value"] for name, one_of in given.items()}
    arguments |= files(ctx, tool, spec.input_values)
    options = Options(description=spec.description)
    request = SubmitRequest(Target(tool=tool.id), arguments, options)
    return one(ctx.service, ctx.service.jobs.submit(ctx.who, request))


def _tool(template: Json) -> Tool:
    """Return the tool that a template is."""
    module, _, name = template["specific"]["executor_class"].rpartition(".")
    return Tool(
        name=f"{TEMPLATE}{template['name']}",
        version=str(template["version"]),
        description=template["description"],
        function=f"{module}:{name}",
        executor="node",
        parameters={
            "template": ToolParameter(type="object"),
            "input_values": ToolParameter(type="object"),
            "parameter_values": ToolParameter(type="object"),
        },
    )


def _inputs(given: dict[str, Value], contract: Contract) -> Json:
    """Return the inputs that a contract takes; others are left out, as UFDL does."""
    for name in contract.inputs:
        if name not in given:
            raise Conflict(f"The input {name!r} is missing.", field=f"input_values.{name}")
    return {
        name: _checked(given[name], kinds, f"input_values.{name}")
        for name, kinds in contract.inputs.items()
    }


def _parameters(given: dict[str, Value], template: Json) -> Json:
    """Return the parameters that are given, if the template has them and lets them be set."""
    known = template["specific"]["parameters"]
    for name, declared in known.items():
        if "default" not in declared and name not in given:
            told = f"The parameter {name!r} is missing."
            raise InvalidRequest(told, field=f"parameter_values.{name}")
    found: Json = {}
    for name, value in given.items():
        field = f"parameter_values.{name}"
        if name not in known:
            raise Conflict(f"There is no parameter {name!r}.", field=field, value=name)
        if known[name].get("const"):
            raise Conflict(f"The parameter {name!r} can't be set.", field=field, value=name)
        kinds = [parse_type(kind, field) for kind in known[name]["types"]]
        found[name] = _checked(value, kinds, field)
    return found


def _checked(given: Value, kinds: list[Type], field: str) -> Json:
    """Return a value with the one form of its type, if that is one of those it may have."""
    kind = parse_type(given.type, f"{field}.type")
    if not any(kind.is_a(one_of) for one_of in kinds):
        raise Conflict(
            f"{field} can't be of the type {kind}: it takes {' or '.join(map(str, kinds))}.",
            field=f"{field}.type",
            value=given.type,
        )
    return {"value": given.value, "type": str(kind)}


def _check_messages(given: Notifications | None, place: str) -> None:
    """Raise `InvalidRequest` for a notification that is none of UFDL's three kinds."""
    for name, some in (given.actions if given else {}).items():
        field = f"{place}.actions.{name}"
        if name not in _TRANSITIONS:
            raise InvalidRequest(f"There is no transition {name!r}.", field=field, value=name)
        for each in some:
            keys = set(each) - {"suppress_for_parent"}
            if keys and keys != {"message"} and not {"subject", "body"} <= keys <= _MAIL:
                raise InvalidRequest("This is no notification.", field=field, value=each)


_TRANSITIONS = [
    f"on_{name}"
    for name in (
        *("acquire", "release", "start", "progress", "finish", "error", "reset"),
        *("abort", "cancel"),
    )
]
_MAIL = {"subject", "body", "to", "cc", "bcc"}
