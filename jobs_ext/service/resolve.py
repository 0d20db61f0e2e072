"""Settling a request at submit: what runs, where, with which interpreter and how much of it.

What is settled here is kept; the runner only carries it out.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from ..model.errors import InvalidRequest, NotFound
from ..model.policy import Policy
from ..model.provenance import Origin
from ..model.request import KINDS, Context, Options, Target
from ..model.retention import Retention
from ..model.scheduling import Scheduling
from ..model.tool import Tool
from ..store.contents import Spec
from .archiving import check_folder
from .arguments import Rules, rules_of
from .catalog import Seen
from .decode import convert_request
from .environment import check_captured, check_text
from .executors import LOCAL, NODE, check_outside, check_tags, executor_of, settled_outside
from .files import is_file, is_folder, must_be_file, whole_path
from .options import Resources, check_options, check_use, resources_of
from .policy import check_kind, held_to
from .programs import check_command, check_kernel, check_tool_command, choose_python
from .slots import Slots
from .tools import Tools
from .uris import Sources, is_uri
from .whom import Whom


class House(Struct, frozen=True):
    """What a request is settled against."""

    tools: Tools
    slots: Slots
    root: str  # where relative paths start when the submitter does not say
    scheduling: Scheduling = Scheduling()
    whom: Whom = Whom()
    retention: Retention = Retention()
    hashed_inputs: int = 64_000_000  # bytes of the files that one request reads
    policy: Policy = Policy()
    reserved: tuple[Path, ...] = ()  # folders of jobs_ext's own: nobody archives into them
    lease: float = 600.0  # seconds of silence after which a node loses what it holds
    sources: Sources = Sources()  # of inputs that are fetched


class Plan(Struct, frozen=True):
    """A settled request, without its arguments."""

    spec: Spec  # its parts are filled in when the uploads are kept
    rules: Rules
    resources: Resources
    policy: Policy
    kind: str
    target_name: str
    tool: Tool | None
    name: str


def settle(
    house: House,
    seen: Seen,
    target: Target,
    options: Options,
    context: Context,
    parts: Collection[str],
    snapshot: dict[str, Any] | None = None,
) -> Plan:
    """Return the plan of a request; raise `InvalidRequest` naming what can't be.

    `seen` are the tools that the submitter sees. `snapshot` is a tool as it was at an earlier
    submit, used when there is none of that id now.
    """
    kind = target_kind(target)
    check_kind(house.policy, kind)
    tool = _tool_of(seen, target, snapshot)
    check_options(options, tool)
    executor = executor_of(options, tool)
    check_tags(options, executor)
    if options.archive is not None:
        check_folder(options.archive, house.root, house.reserved, "options.archive")
    _check_context(context)
    base = _base(context, house.root)
    if executor == NODE:
        check_outside(target, tool, options)
        python, chosen = sys.executable, settled_outside(target, tool)
    else:
        check_use(options, _way(tool) if tool else kind)
        python = choose_python(target, tool, options, context, base)
        chosen = _settled_target(kind, target, tool, options, context, base, parts)
    if executor != LOCAL:  # which goes without saying
        options = msgspec.structs.replace(options, executor=executor)
    settled = Spec(
        target=chosen,
        options=_settled_options(options, python, base, house.sources),
        context=_settled_context(context, python, base, house.root),
        tool=None if tool is None else msgspec.to_builtins(tool),
        parts={},
        base=base,
        root="" if options.archive is None else house.root,
    )
    name = _target_name(kind, target, tool)
    return Plan(
        spec=settled,
        rules=rules_of(target, tool, base, house.sources),
        resources=held_to(
            house.policy,
            resources_of(options, tool, house.slots, house.scheduling),
            options,
            tool,
        ),
        policy=house.policy,
        kind=kind,
        target_name=name,
        tool=tool,
        name=options.name or name,
    )


def target_kind(target: Target) -> str:
    """Return the kind of a target; `InvalidRequest` unless exactly one is given."""
    if target.kind:
        return target.kind
    given = [kind for kind in KINDS if getattr(target, kind) is not UNSET]
    raise InvalidRequest(
        "A target is exactly one of tool, command, script, notebook and function.",
        field="target",
        value=given,
    )


def _way(tool: Tool) -> str:
    """Return what a tool runs; its command may find the chosen Python on its PATH."""
    ways = ("notebook", "script", "function")
    return next((way for way in ways if getattr(tool, way) is not UNSET), "tool")


def _check_context(context: Context) -> None:
    """Raise `InvalidRequest` for what no program can be given."""
    check_captured(context.environment, "context.environment")
    check_text(context.python or "", "context.python")
    check_text(context.kernel or "", "context.kernel")
    for index, folder in enumerate(context.path):
        check_text(folder, f"context.path[{index}]")


def _tool_of(seen: Seen, target: Target, snapshot: dict[str, Any] | None) -> Tool | None:
    if not isinstance(target.tool, str):
        return None
    kept = None if snapshot is None else msgspec.convert(snapshot, Tool)
    try:
        tool = seen.to_use(target.tool, kept)
    except NotFound as error:
        raise InvalidRequest(
            error.message, field="target.tool", value=target.tool, hint=error.hint
        ) from None
    if not tool.enabled:
        raise InvalidRequest(
            f"{tool.id} takes no jobs now: it is switched off.",
            field="target.tool",
            value=target.tool,
        )
    return tool


def _base(context: Context, root: str) -> str:
    """Return the submitter's folder."""
    folder = whole_path(context.cwd, "") if context.cwd else Path(root)
    if not folder.is_absolute() or not is_folder(folder):
        raise InvalidRequest(
            f"There is no folder {folder} on the server.",
            field="context.cwd",
            value=str(context.cwd or root),
            hint="Submit from a folder that the server can see, as an absolute path.",
        )
    return str(folder)


def _settled_target(
    kind: str,
    target: Target,
    tool: Tool | None,
    options: Options,
    context: Context,
    base: str,
    parts: Collection[str],
) -> Target:
    if tool is not None:
        _check_tool_program(tool, options, context)
        return Target(tool=tool.id)
    if isinstance(target.command, list):
        check_command(target.command, options, context, base)
    elif isinstance(target.function, str):
        _check_function(target.function, parts)
    else:
        if options.kernel is not None:
            check_kernel(options.kernel)
        given = str(getattr(target, kind))
        path = whole_path(given, base)
        must_be_file(path, f"target.{kind}", given)
        return convert_request({kind: str(path)}, Target)
    return target


def _check_tool_program(tool: Tool, options: Options, context: Context) -> None:
    folder = tool.folder or "."
    for kind, name in (("script", tool.script), ("notebook", tool.notebook)):
        if isinstance(name, str) and not is_file(Path(folder, name)):
            raise InvalidRequest(
                f"The {kind} of {tool.id}, {name}, is gone.", field="target.tool", value=tool.id
            )
    check_tool_command(tool, options, context)


def _check_function(part: str, parts: Collection[str]) -> None:
    if part not in parts:
        raise InvalidRequest(
            f"The function was not uploaded: there is no part {part!r}.",
            field="target.function",
            value=part,
        )


def _settled_options(options: Options, python: str, base: str, sources: Sources) -> Options:
    """Return the options with whole paths, so that nothing depends on where they are read.

    Whom to tell is kept elsewhere: options are served, and those may be secrets.
    """
    changes: dict[str, object] = {"notify": []}
    if options.python:
        changes["python"] = python
    if Path(options.cwd).is_absolute() and not is_folder(Path(options.cwd)):
        raise InvalidRequest(
            f"There is no folder {options.cwd}.", field="options.cwd", value=options.cwd
        )
    if options.inputs:
        changes["inputs"] = [
            _settled_input(name, base, sources, f"options.inputs[{index}]")
            for index, name in enumerate(options.inputs)
        ]
    return msgspec.structs.replace(options, **changes)


def _settled_input(name: str, base: str, sources: Sources, field: str) -> str:
    """Return the whole path of a file, or a URI as it is; raise unless it can be an input."""
    if is_uri(name):
        sources.check(name, field)
        return name
    path = whole_path(name, base)
    must_be_file(path, field, name)
    return str(path)


def _settled_context(context: Context, python: str, base: str, root: str) -> Context:
    """Return the context of a job that runs in `python`, submitted from the folder `base`.

    It is without packages where those that were told are another interpreter's.
    """
    settled = msgspec.structs.replace(
        context, python=python, cwd=base, origin=_settled_origin(context.origin, root)
    )
    if context.python == python:
        return settled
    return msgspec.structs.replace(settled, version=None, packages=[])


def _settled_origin(origin: Origin, root: str) -> Origin:
    """Return `origin` with the notebook named as Jupyter does: below the server's `root`.

    One that lies elsewhere keeps its path. Raises `InvalidRequest` for what can't be one.
    """
    if origin.notebook is None:
        return origin
    check_text(origin.notebook, "context.origin.notebook")
    return msgspec.structs.replace(origin, notebook=named_notebook(origin.notebook, root))


def named_notebook(notebook: str, root: str) -> str:
    """Return the path of a notebook as Jupyter names it: below `root`, where it lies there."""
    path = Path(notebook)
    inside = path.is_absolute() and path.is_relative_to(root)
    return (path.relative_to(root) if inside else path).as_posix()


def _target_name(kind: str, target: Target, tool: Tool | None) -> str:
    if tool is not None:
        return tool.id
    if isinstance(target.command, list):
        return _shortened(" ".join(target.command))
    if kind == "function":
        name = target.qualname if isinstance(target.qualname, str) else "function"
        return _shortened(name)
    return Path(str(getattr(target, kind))).name


def _shortened(text: str, limit: int = 200) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= limit else one_line[: limit - 1] + "…"
