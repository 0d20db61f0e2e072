"""Write docs/reference/ from the code, so that it can't say anything else; ``--check`` compares."""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, get_origin

import msgspec
import msgspec.inspect
from traitlets import Undefined

import jobs_ext
from jobs_ext.api.errors import Problem
from jobs_ext.api.handler import verbs
from jobs_ext.api.operation import NoQuery, Operation, operation_of
from jobs_ext.api.routes import ROUTES
from jobs_ext.cli.exits import Exit
from jobs_ext.cli.main import VERBS
from jobs_ext.cli.structs import comments
from jobs_ext.model import (
    errors,
    events,
    grant,
    notification,
    policy,
    project,
    reasons,
    request,
    status,
    tool,
)
from jobs_ext.model import filters as model
from jobs_ext.service import narrowing, principal
from jobs_ext.service.filters import LONGEST_PATTERN, MOST_TESTS, MOST_VALUES, MOST_WILDCARDS
from jobs_ext.service.filtertext import DEEPEST, LONGEST
from jobs_ext.service.macros import MACROS
from jobs_ext.settings import Settings
from jobs_ext.store import listing, sorting, walks

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTICE = "<!-- Written by scripts/make_reference.py from the code: change that, not this. -->\n"
OWNERS = """\
Owners and who has the verb `manage` have them all; others by a grant to their name or to `world`,
which stands for everybody who is let in. A verb is needed besides.
"""
TOOLS = """\
A tool whose file says `restricted = true` is for who may manage, for their kernels and keys, and
for those to whom it is granted, by name or as `world`. A grant holds for all versions of the tool.
All other tools are for everybody.
"""
TOOL_RIGHTS = (
    ("`read`", "see it"),
    ("`execute`", "submit it; rerun or reset jobs of it"),
    ("`write`", "its grants: give others what one has"),
    ("none", "not even know that it is there (404, in a submit 400)"),
)
HTTP_INTRODUCTION = """\
Paths start at `jobs-ext/api/v1` below the server's base URL. The full description, with every
schema, is served as OpenAPI at `jobs-ext/api/v1/openapi.json`. Credentials are Jupyter's own, a
token or the login cookie, or an [API key](../how-to/keys.md). Every error is JSON: `{message,
reason, type, field, value, hint}`.
"""
COMMAND_LINE_INTRODUCTION = """\
[How to use it](../how-to/command-line.md). Every command also takes `--json`, `--url` and
`--token`. Where a command takes "options of a job", they are those listed at `submit`.
"""
CONFIGURATION_INTRODUCTION = """\
Set in `jupyter_server_config.py` as `c.JobsExtension.NAME = …`, or when a server is started:
`jupyter lab --JobsExtension.NAME=…`.
"""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in lines
    )


def fields(struct: type[msgspec.Struct]) -> str:
    """Return the table of a struct's fields: name, type, default, meaning."""
    said = comments(struct)
    return table(
        ("key", "type", "default", "meaning"),
        (
            (f"`{f.encode_name}`", f"`{_type(f.type)}`", _default(f), said.get(f.name, ""))
            for f in msgspec.structs.fields(struct)
        ),
    )


def _type(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)
    return text.replace(" | UnsetType", "")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        made = field.default_factory()
        return "" if isinstance(made, msgspec.Struct) else f"`{json.dumps(made)}`"
    if field.default is msgspec.NODEFAULT:
        return "*required*"
    if field.default in (None, msgspec.UNSET) or isinstance(field.default, msgspec.Struct):
        return ""
    return f"`{json.dumps(field.default)}`"


def members(enum: type[Enum]) -> list[tuple[str, str]]:
    """Return value and meaning of each member of an enum."""
    said = comments(enum)
    return [(f"`{member.value}`", said.get(member.name, "")) for member in enum]


def statuses() -> str:
    """Return the page on statuses, reasons and stages."""
    moves = table(
        ("from", "to"),
        (
            (f"`{old}`", ", ".join(f"`{new}`" for new in status.Status if new in news) or "nothing")
            for old, news in status.MOVES.items()
        ),
    )
    return "\n".join(
        [
            "# Statuses and reasons\n",
            table(("status", "meaning"), members(status.Status)),
            "The only moves there are; anything else is refused:\n",
            moves,
            "## Reason codes\n",
            "`job.reason_code`, for programs; `job.reason` is a sentence made from it.\n",
            table(("code", "the job…"), members(reasons.ReasonCode)),
            "## Stages\n",
            "`job.stage`, finer than the status of an active job: "
            + ", ".join(name for name, _ in members(status.Stage))
            + ".\n",
        ]
    )


def permissions() -> str:
    """Return the page on verbs and rights."""
    rights = (
        *members(grant.Right),
        ("none", "not even know that it is there (404); with a right that is not enough: 403"),
    )
    return "\n".join(
        [
            "# Permissions\n",
            "How to use them: [keys](../how-to/keys.md), [grants](../how-to/grants.md).\n",
            "## Verbs\n",
            "What a person, a kernel or an API key may do at all.\n",
            table(("verb", "lets"), members(principal.Verb)),
            "## Rights on a job\n",
            f"{OWNERS}\n",
            table(("right", "lets"), rights),
            "## Roles in a project\n",
            "How to use them: [projects](../how-to/projects.md).\n",
            table(("role", "lets"), members(project.Role)),
            table(("visibility", "who sees it"), members(project.Visibility)),
            "## Rights on a restricted tool\n",
            f"{TOOLS}\n",
            table(("right", "lets"), TOOL_RIGHTS),
            "## Policy\n",
            "Keys of the trait `JobsExtension.policy`.\n",
            fields(policy.Policy),
        ]
    )


def tools() -> str:
    """Return the page on the keys of a tool's TOML file."""
    sections = {
        "Top level": tool.Tool,
        "`[inputs.NAME]`": tool.ToolInput,
        "`[parameters.NAME]`": tool.ToolParameter,
        "`[outputs.NAME]`": tool.ToolOutput,
        "`[[steps]]`": tool.ToolStep,
        "`[resources]`": tool.ToolResources,
    }
    parts = [
        "# Keys of a tool\n",
        "[How to write one](../how-to/tools.md). Unknown keys are refused.\n",
    ]
    for title, struct in sections.items():
        parts += [f"## {title}\n", f"{_summary(struct)}\n", fields(struct)]
    return "\n".join(parts)


def http() -> str:
    """Return the page on routes, bodies and answers."""
    parts = [
        "# HTTP\n",
        HTTP_INTRODUCTION,
        table(("route", "what it does", "query", "body", "answer"), _routes()),
        "## Errors\n",
        "`type`, for programs; `message` is a sentence.\n",
        table(("type", "status", "meaning"), _error_types()),
        "## Events\n",
        "The `type` of what `GET jobs/{job}/history` shows, in the order of `seq`.\n",
        table(("type", "when"), ((f"`{name}`", said) for name, said in events.EVENTS.items())),
        "## What is sent and answered\n",
    ]
    for struct in sorted(_described(), key=lambda struct: struct.__name__):
        parts += [f"### {struct.__name__}\n", f"{_summary(struct)}\n", fields(struct)]
    return "\n".join(parts)


def _operations() -> Iterable[tuple[str, str, Operation]]:
    """Yield path, verb and operation of everything that can be asked for."""
    for route in ROUTES:
        for verb in verbs(route.handler):
            if told := operation_of(route.handler, verb):
                yield "/" + route.path.replace(":path", ""), verb, told


def _routes() -> Iterable[tuple[str, ...]]:
    for path, verb, told in _operations():
        query = "" if told.query is NoQuery else _type(told.query)
        taken = (_type(kind) if kind else "" for kind in (told.body, told.response))
        yield f"`{verb} {path}`", told.summary, *(f"`{t}`" if t else "" for t in (query, *taken))


def _described() -> set[type[msgspec.Struct]]:
    """Return the structs of everything that is sent or answered; filters have their own page."""
    kinds = [
        kind
        for _, _, told in _operations()
        for kind in (told.query, told.body, told.response)
        if kind is not None and kind is not NoQuery
    ]
    found = {get_origin(cls) or cls for kind in [*kinds, Problem] for cls in _structs(kind)}
    return found - set(model.Filter.__args__) - {tool.Tool}


def _structs(kind: Any) -> list[Any]:
    """Return the structs that a type is made of."""
    found: list[Any] = []
    waiting: list[Any] = [msgspec.inspect.type_info(kind)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType) and info.cls not in found:
            found.append(info.cls)
            waiting += [field.type for field in info.fields]
        for name in ("types", "item_type", "value_type", "item_types"):
            inner = getattr(info, name, ())
            waiting += inner if isinstance(inner, tuple) else [inner]
    return found


def _error_types() -> Iterable[tuple[str, str, str]]:
    """Yield type, status and meaning of the errors that the server answers with."""
    for error in [*vars(errors).values()]:
        served = inspect.isclass(error) and error.__module__ == errors.__name__
        if served and error is not errors.JobsError:
            yield f"`{error.type}`", str(error.http_status), _summary(error)


FILTERS_INTRODUCTION = f"""\
[How to find jobs](../how-to/find.md) has examples. A filter is a text (`GET jobs?filter=`,
`jx.jobs(filter=…)`) of at most {LONGEST:,} characters, or a tree as JSON (`POST jobs/search`).
Either has at most {MOST_TESTS} tests, {DEEPEST} levels and {MOST_VALUES} values in lists; a
pattern has 1 to {LONGEST_PATTERN} characters, {MOST_WILDCARDS} of them `%`. Whatever is wrong is a
400 that names the place.

A test of a field that has no value does not hold, and so its opposite does: `project != "p"` finds
the jobs without a project, too.

What is *indexed* finds its jobs at once, in a test that the field is one value or one of a few, and
that must hold (it stands outside `or` and `not`). Otherwise one page looks at {listing.STEP:,}
jobs, and may hold fewer than `limit` and still have a `next`; so it is in lists of other things,
of {narrowing.STEP} at a look.

`order` is `newest`, `oldest`, in a batch `index`, or up to five fields with commas, `-` for
descending: `-priority,name`. Orders by fields sort what is found: at most {sorting.MOST:,} jobs.
"""
OPERATORS = {
    "`=` `!=`": ("all", "the same, another"),
    "`<` `<=` `>` `>=`, `between … and …`": ("text, number, time", "in its order; both ends count"),
    "`in (…)`": ("all", "one of them"),
    "`contains` `starts` `ends`": ("text", "has the text in it, at its start, at its end"),
    "`like`": ("text", "fits a pattern: `%` any text, `_` any character, a backslash quotes"),
    "`icontains` `istarts` `iends` `ilike`": ("text", "the same, A to Z in either case"),
    "`is null`": ("all", "has no value"),
    "`not` `and` `or` `( )`": ("", "in this order; also `not in`, `not like`, `is not null`"),
}


def filters() -> str:
    """Return the page on filters: operators, trees, and the fields of each listing."""
    parts = ["# Filters\n", FILTERS_INTRODUCTION, "## Operators\n"]
    rows = ((spelling, *told) for spelling, told in OPERATORS.items())
    parts.append(table(("operator", "for", "holds when the field…"), rows))
    parts.append("## Fields of jobs\n")
    rows = (
        (*row, "yes" if name in walks.INDEXED else "")
        for name, row in zip(model.JOB_FIELDS, _filtered(model.JOB_FIELDS), strict=True)
    )
    parts.append(table(("field", "kind", "meaning", "indexed"), rows))
    for title, (path, known) in {
        "batches": ("batches", model.BATCH_FIELDS),
        "tools": ("tools", model.TOOL_FIELDS),
        "projects": ("projects", model.PROJECT_FIELDS),
        "data sets and their versions": ("projects/{project}/datasets", model.DATASET_FIELDS),
        "outputs": ("jobs/{job}/outputs", model.OUTPUT_FIELDS),
        "nodes": ("nodes", model.NODE_FIELDS),
        "API keys": ("keys", model.KEY_FIELDS),
    }.items():
        parts += [f"## Fields of {title}\n", f"`GET {path}?filter=`\n"]
        parts.append(table(("field", "kind", "meaning"), _filtered(known)))
    parts += ["## As a tree\n", "Each node has a `type` and:\n"]
    for node in (model.Compare, model.In, model.Like, model.IsNull, model.And, model.Or, model.Not):
        parts += [
            f"### `{node.__struct_config__.tag}`\n",
            f"{inspect.getdoc(node)}\n",
            fields(node),
        ]
    return "\n".join(parts)


def _filtered(known: Mapping[str, model.Field]) -> list[tuple[str, str, str]]:
    return [
        (f"`{name}`", f.kind + (", several" if f.many else ""), f.meaning + _words(f.choices))
        for name, f in known.items()
    ]


def _words(choices: Sequence[str]) -> str:
    """Return a few words that can be given; many have a page of their own."""
    return f": {', '.join(f'`{one}`' for one in choices)}" if 0 < len(choices) < 6 else ""


def notifications() -> str:
    """Return the page on whom a job may tell what."""
    told = notification
    events = {
        **{str(one): meaning for one, meaning in zip(status.Status, _meanings(), strict=True)},
        told.ENDED: "it has ended, whichever way; the only event of a batch: all of it has ended",
        **told.OTHERS,
        told.EVERYTHING: "all of them",
    }
    parts = [
        "# Notifications\n",
        "[How to be told](../how-to/notifications.md).\n",
        "## Events\n",
        table(("event", "the job…"), ((f"`{e}`", events[e]) for e in told.EVENTS)),
        "## Macros\n",
        "Replaced in URLs, quoted; what a job does not have by nothing. The names are Agave's.\n",
        table(("macro", "meaning"), ((f"`${{{n}}}`", m) for n, m in MACROS.items())),
    ]
    for struct in (told.Notify, told.Notification, told.Delivery, told.Mail):
        parts += [f"## {struct.__name__}\n", f"{_summary(struct)}\n", fields(struct)]
    return "\n".join(parts)


def _meanings() -> list[str]:
    return [meaning for _, meaning in members(status.Status)]


def configuration() -> str:
    """Return the page on the traits of the server extension."""
    own = Settings.class_own_traits(config=True)
    rows = (
        (
            f"`{name}`",
            f"`{type(trait).__name__}`",
            _trait_default(trait),
            " ".join(trait.help.split()),
        )
        for name, trait in sorted(own.items())
    )
    return "\n".join(
        [
            "# Configuration\n",
            CONFIGURATION_INTRODUCTION,
            table(("trait", "type", "default", "meaning"), rows),
        ]
    )


def _trait_default(trait: Any) -> str:
    value = trait.default_value
    return "" if value in (Undefined, None, "") else f"`{json.dumps(value)}`"


def python() -> str:
    """Return the page on the names of the package."""
    parts = ["# Python\n", "`import jobs_ext as jx`, and then:\n"]
    for name in sorted(jobs_ext.__all__):
        value = getattr(jobs_ext, name)
        if inspect.ismodule(value):
            parts += [f"## jx.{name}\n", f"{_summary(value)}\n", *_errors(value)]
        elif callable(value):
            parts += _callable(f"jx.{name}", value)
    return "\n".join(parts)


def command_line() -> str:
    """Return the page on the commands of ``jupyter jobs``."""
    parts = [
        "# Command line\n",
        COMMAND_LINE_INTRODUCTION,
        "## Exit codes\n",
        table(("code", "meaning"), members(Exit)),
    ]
    for verb in VERBS.values():
        parser = verb.parser()
        usage = " ".join([parser.prog, *map(_usage, _positionals(parser))])
        dashes = f" [-- {verb.dashes} …]" if verb.dashes else ""
        shown = [a for a in _actions(parser) if verb.name == "submit" or not _of_jobs(a)]
        rows = [(_option(action), _help(action)) for action in shown]
        rows += [("", "options of a job")] if len(shown) < len(_actions(parser)) else []
        parts += [f"## {verb.name}\n", f"`{usage}{dashes}`\n", f"{verb.summary}\n"]
        parts += [table(("argument", "meaning"), rows)] if rows else []
    return "\n".join(parts)


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return what a command takes, less what every command takes."""
    everywhere = ("help", "json", "url", "token")
    return [action for action in parser._actions if action.dest not in everywhere]


def _of_jobs(action: argparse.Action) -> bool:
    """Tell whether it is an option of a job, which several commands take."""
    return action.dest in request.Options.__struct_fields__


def _positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in _actions(parser) if not action.option_strings]


def _usage(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest.upper())
    marks = {"?": f"[{name}]", "*": f"[{name} …]", "+": f"{name} …"}
    return marks.get(str(action.nargs), name)


def _option(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_usage(action)}`"
    choices = "|".join(map(str, action.choices or ()))
    value = "" if action.nargs == 0 else f" {choices or action.metavar or action.dest.upper()}"
    return f"`{', '.join(action.option_strings)}{value}`"


def _help(action: argparse.Action) -> str:
    return (action.help or "").replace("%%", "%")


def _callable(shown: str, value: Any) -> list[str]:
    if not isinstance(value, type):
        return [f"## {shown}{_signature(value)}\n", f"{inspect.getdoc(value)}\n"]
    parts = [f"## {shown}\n", f"{inspect.getdoc(value)}\n"]
    for name, method in inspect.getmembers(value):
        told = callable(method) or isinstance(method, property)
        if told and not name.startswith("_") and inspect.getdoc(method):
            signature = _signature(method) if callable(method) else ""
            parts.append(f"- `.{name}{signature}`: {_summary(method)}")
    return [*parts, ""]


def _errors(module: Any) -> list[str]:
    rows = ((f"`{n}`", _summary(getattr(module, n))) for n in sorted(module.__all__))
    return [table(("error", "meaning"), rows)]


def _signature(value: Callable[..., Any]) -> str:
    plain = inspect.signature(value)
    bare = [p.replace(annotation=p.empty) for p in plain.parameters.values() if p.name != "self"]
    return str(plain.replace(parameters=bare, return_annotation=plain.empty))


def _summary(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")


PAGES = {
    "command-line.md": command_line,
    "configuration.md": configuration,
    "filters.md": filters,
    "http.md": http,
    "notifications.md": notifications,
    "permissions.md": permissions,
    "python.md": python,
    "statuses.md": statuses,
    "tools.md": tools,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are not what the code says."""
    stale = []
    for name, page in PAGES.items():
        text, file = (
            NOTICE + "\n" + re.sub(r"\n{3,}", "\n\n", page()).strip() + "\n",
            REFERENCE / name,
        )
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                file.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"Not what the code says: {', '.join(stale)}. Run python scripts/make_reference.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
