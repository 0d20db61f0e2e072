"""Job templates: what UFDL's jobs are made from. They are kept as documents, for everybody."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from ...model.clock import now
from ...model.errors import Conflict, InvalidRequest, NotFound
from ...service.decode import convert_request
from ...service.options import check_name
from ..table import Reply
from . import native
from .catalogue import LICENCES
from .context import Ctx, action, number
from .contracts import NAMES, Contract, parse_contract
from .filters import Fields, FilterSpec, chosen, plain
from .shapes import TOOLS, Json, user
from .types import parse_type

_DIALECT, _KIND, _NUMBER = "ufdl", "template", "number"
_PAGE = 500
_TRIES = 20  # to get a number that nobody else takes at the same time


class ParameterSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """A parameter of a template."""

    types: Annotated[list[str], Meta(min_length=1)]
    help: str
    default: Any = UNSET
    default_type: str | UnsetType = UNSET
    const: bool = False


class WorkSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """What a node does for a job of a template."""

    job_type: Annotated[str, Meta(min_length=1, max_length=256)]
    executor_class: Annotated[str, Meta(max_length=128)]
    required_packages: str
    parameters: dict[str, ParameterSpec]


class TemplateSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of import."""

    name: Annotated[str, Meta(min_length=1, max_length=150)]
    scope: Annotated[str, Meta(min_length=1, max_length=16)]
    licence: Annotated[str, Meta(min_length=1, max_length=100)]
    specific: dict[str, Any]
    version: Annotated[int, Meta(ge=1, lt=2**31)] | UnsetType = UNSET
    description: str = ""
    domain: Annotated[str, Meta(min_length=2, max_length=2)] | UnsetType | None = UNSET


def known(ctx: Ctx, pk: str) -> Json:
    """Return a template as it is kept, or a tool of the server that is one, too."""
    wanted = number(pk, "JobTemplate")
    tool = native.template(ctx, wanted) if wanted >= TOOLS else None
    return kept(ctx, pk) if tool is None else tool


def kept(ctx: Ctx, pk: str) -> Json:
    """Return a template as it is kept; the deleted ones, too. `Conflict` for a tool."""
    wanted = number(pk, "JobTemplate")
    if wanted >= TOOLS and native.template(ctx, wanted):
        name = native.tool_of(ctx, wanted).id
        hint = "It is changed, removed and taken elsewhere as the file that describes it."
        raise Conflict(f"Template {pk} is the tool {name}.", field="pk", value=pk, hint=hint)
    try:
        found = ctx.service.documents.get(ctx.who, _DIALECT, _KIND, _key(wanted))
    except NotFound:
        told = "No JobTemplate matches the given query."
        raise NotFound(told, field="pk", value=pk) from None
    body: Json = found.body
    return body


def contract_of(template: Json) -> Contract:
    """Return the contract of a template, which was found good when it was imported."""
    return parse_contract(template["specific"]["job_type"], "job_type")


def shown(template: Json) -> Json:
    """Return what is told of a template."""
    specific = template["specific"]
    plainly = ("pk", "name", "version", "description", "scope", "domain", "licence", "creator")
    common = {name: template[name] for name in (*plainly, "creation_time", "deletion_time")}
    if template.get("steps"):  # as of UFDL's meta-templates
        return common
    return common | {
        "type": specific["job_type"],
        "executor_class": specific["executor_class"],
        "required_packages": specific["required_packages"],
        "parameters": specific["parameters"],
    }


def workable(ctx: Ctx, pks: Collection[int]) -> set[int]:
    """Return those of the numbers by which UFDL's launcher finds a template that it can do."""
    keys = {_key(pk): pk for pk in pks}
    there = ctx.service.documents.known(ctx.who, _DIALECT, _KIND, keys)
    return native.workable(ctx) | {keys[key] for key in there}


def everything(ctx: Ctx) -> list[Json]:
    """Return all templates as they are kept, oldest first."""
    found: list[Json] = []
    after = ""
    while True:
        page = ctx.service.documents.list(ctx.who, _DIALECT, _KIND, after=after, limit=_PAGE)
        found += [one.body for one in page]
        if len(page) < _PAGE:
            return found
        after = page[-1].key


_FIELDS = Fields(
    plain("pk", "name", "version", "description", "scope", "domain", "licence", "creator")
    | plain("creation_time", "deletion_time", "type", "executor_class", "required_packages")
    | {"id": lambda it: it["pk"], "workabletemplate": lambda it: True if "type" in it else None}
)


@action
def list_(ctx: Ctx) -> object:
    """List job templates."""
    spec = ctx.body(FilterSpec)
    told = [shown(one) for one in (*everything(ctx), *native.templates(ctx))]
    active = [one for one in told if spec.include_inactive or one["deletion_time"] is None]
    return chosen(spec, active, _FIELDS)


@action
def retrieve(ctx: Ctx, pk: str) -> object:
    """Return a job template."""
    return shown(known(ctx, pk))


@action
def import_(ctx: Ctx) -> object:
    """Make a job template; one of the same name and version is deleted by that.

    Of several that are imported at the same time each gets a version of its own, or the last one
    stays.
    """
    ctx.who.require("manage")
    spec = ctx.body(TemplateSpec)
    check_name(spec.name, "name")  # its jobs are called so
    work = _work(spec)
    if isinstance(spec.version, int):
        version = spec.version
    else:
        known = [one["version"] for one in everything(ctx) if one["name"] == spec.name]
        version = _next(ctx, f"version of {spec.name}", known)
    made = _make(ctx, spec, version, work)
    place = (spec.name, version, None)
    same = {one["pk"]: one for one in everything(ctx) if _place(one) == place}
    for pk in sorted(same)[:-1]:
        same[pk] = _keep(ctx, same[pk] | {"deletion_time": now()})
    return shown(same.get(made["pk"], made))


def _place(one: Json) -> tuple[object, ...]:
    """Return what only one template may have while it is not deleted."""
    return one["name"], one["version"], one["deletion_time"]


def _make(ctx: Ctx, spec: TemplateSpec, version: int, work: Json) -> Json:
    template = {
        "name": spec.name,
        "version": version,
        "description": spec.description,
        "scope": spec.scope,
        "domain": spec.domain or None,
        "licence": _licence(spec.licence),
        "creator": user(ctx.who.owner),
        "creation_time": now(),
        "deletion_time": None,
        "specific": work,
    }
    pk = _next(ctx, _KIND, [one["pk"] for one in everything(ctx)])
    return _keep(ctx, {"pk": pk} | template, version=0)


def _next(ctx: Ctx, counter: str, known: Collection[int]) -> int:
    """Return a number that is greater than all that are known, and than all given before.

    So neither the number nor the version of a template that was removed, which jobs may still
    name, stands for another one.
    """
    for _ in range(_TRIES):
        try:
            last = ctx.service.documents.get(ctx.who, _DIALECT, _NUMBER, counter)
            new, version = max(int(last.body), *known, 0) + 1, last.version
        except NotFound:
            new, version = max(known, default=0) + 1, 0
        put = ctx.service.documents.put
        try:
            put(ctx.who, _DIALECT, _NUMBER, counter, new, version=version, shared=True)
        except Conflict:  # somebody else took the number
            continue
        return new
    raise Conflict("Too many templates are imported at once.", field="name")


def _keep(ctx: Ctx, template: Json, version: int | None = None) -> Json:
    put = ctx.service.documents.put
    key = _key(template["pk"])
    put(ctx.who, _DIALECT, _KIND, key, template, version=version, shared=True)
    return template


def _key(pk: int) -> str:
    return f"{pk:020d}"  # so that keys are in the order of numbers


def _licence(name: str) -> int:
    for one in LICENCES:
        if one["name"] == name:
            return int(str(one["pk"]))
    raise InvalidRequest(
        f"Bad job template: there is no licence {name!r}.",
        field="licence",
        value=name,
        hint=f"Known: {', '.join(str(one['name']) for one in LICENCES)}.",
    )


def _work(spec: TemplateSpec) -> Json:
    """Return what a node does, all types in their one form; refuse what can't be."""
    if "nodes" in spec.specific or "dependencies" in spec.specific:
        raise InvalidRequest(
            "Bad job template: templates made of templates are not supported.",
            field="specific",
            hint="Give job_type, executor_class, required_packages and parameters.",
        )
    work = convert_request({"specific": spec.specific}, _Specific).specific
    contract = parse_contract(work.job_type, "specific.job_type")
    parameters = {
        name: _parameter(given, f"specific.parameters.{name}")
        for name, given in work.parameters.items()
    }
    return {
        "job_type": str(contract),
        "executor_class": work.executor_class,
        "required_packages": work.required_packages,
        "parameters": parameters,
    }


class _Specific(Struct, frozen=True):
    """For messages that name the field ``specific.job_type``."""

    specific: WorkSpec


def _parameter(given: ParameterSpec, field: str) -> Json:
    types = [str(parse_type(one, f"{field}.types[{n}]")) for n, one in enumerate(given.types)]
    told: Json = {"types": types, "help": given.help}
    if given.default is UNSET:
        if given.const:
            raise InvalidRequest("A const parameter needs a default.", field=f"{field}.const")
        return told
    kind = types[0]
    if isinstance(given.default_type, str):
        kind = str(parse_type(given.default_type, f"{field}.default_type"))
    if kind not in types:
        raise InvalidRequest(
            f"The default's type {kind} is none of {', '.join(types)}.",
            field=f"{field}.default_type",
            value=kind,
        )
    return told | {"default": given.default, "default_type": kind, "const": given.const}


@action
def export(ctx: Ctx, pk: str) -> object:
    """Return what a template was imported from."""
    one = kept(ctx, pk)
    told = {name: one[name] for name in ("name", "version", "description", "scope", "specific")}
    licence = next(str(each["name"]) for each in LICENCES if each["pk"] == one["licence"])
    domain = {} if one["domain"] is None else {"domain": one["domain"]}
    return told | {"licence": licence} | domain


@action
def destroy(ctx: Ctx, pk: str) -> object:
    """Flag a template as deleted."""
    ctx.who.require("manage")
    one = kept(ctx, pk)
    if one["deletion_time"] is None:
        _keep(ctx, one | {"deletion_time": now()})
    return Reply(status=204)


@action
def reinstate(ctx: Ctx, pk: str) -> object:
    """Take a template out of the trash, unless another has its name and version now."""
    ctx.who.require("manage")
    one = kept(ctx, pk)
    place = (one["name"], one["version"], None)
    if one["deletion_time"] and place in map(_place, everything(ctx)):
        raise InvalidRequest("Another template has its name and version.", field="pk", value=pk)
    return shown(_keep(ctx, one | {"deletion_time": None}))


@action
def hard_delete(ctx: Ctx, pk: str) -> object:
    """Remove a template for good; its jobs stay."""
    ctx.who.require("manage")
    one = kept(ctx, pk)
    ctx.service.documents.delete(ctx.who, _DIALECT, _KIND, _key(one["pk"]))
    return shown(one)


@action
def parameters(ctx: Ctx, pk: str) -> object:
    """Return the parameters of a template with the JSON Schemas of their types."""
    told: Json = {}
    for name, one in known(ctx, pk)["specific"]["parameters"].items():
        schemas = {kind: parse_type(kind, name).schema() for kind in one["types"]}
        told[name] = {"types": schemas, "help": one["help"]}
        if "default" in one:
            kind = one["default_type"]
            facts = {"value": one["default"], "type": kind, "const": one["const"]}
            told[name]["default"] = facts | {"schema": schemas[kind]}
    return told


@action
def types(ctx: Ctx, pk: str) -> object:
    """Return the types that a template's contract was filled in with."""
    return {name: str(kind) for name, kind in contract_of(known(ctx, pk)).types.items()}


@action
def outputs(ctx: Ctx, pk: str) -> object:
    """Return the types of what a job of a template makes."""
    return {name: str(kind) for name, kind in contract_of(known(ctx, pk)).outputs.items()}


@action
def matching(ctx: Ctx, contract: str) -> object:
    """Return the templates of a contract whose inputs can have the types that the query gives."""
    if contract not in NAMES:
        told = f"There is no contract {contract!r}."
        raise InvalidRequest(told, field="contract", value=contract)
    asked = {name: parse_type(some[0], name) for name, some in ctx.call.query.items()}
    found = []
    for one in (*everything(ctx), *native.templates(ctx)):
        mine = contract_of(one)
        fits = mine.name == contract and one["deletion_time"] is None and not one.get("steps")
        if fits and all(
            any(kind.is_a(taken) for taken in mine.inputs.get(name, ()))
            for name, kind in asked.items()
        ):
            found.append(shown(one))
    return found
