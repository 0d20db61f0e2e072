"""A tool: a named, versioned description of something that can be run.

The TOML form is documented in docs/reference/tools.md; the same fields as JSON make the API's.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from .errors import InvalidRequest
from .quantities import parse_bytes, parse_duration

#: What can be asked of the content of an input (``service/validators.py``).
Validator = Literal["seq", "pdb_file", "gif", "png", "jpeg"]

#: Where the argument of that name goes, in a command.
PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.-]*)\}")


class ToolInput(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A file the tool reads."""

    title: str = ""  # shown in forms
    description: str = ""  # a sentence or two for forms and listings
    required: bool = True  # false: the input may be left out
    multiple: bool = False  # true: takes a list of files
    media_type: str = ""  # what kind of file is expected
    validators: list[Validator] = []  # what has to be in it: all of them have to agree
    flag: str = ""  # written before the path in the command


class ToolParameter(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value the tool takes: JSON Schema 2020-12 keywords, and how it is written in the command.

    A parameter without `default` is required.
    """

    type: str | UnsetType = UNSET  # string, integer, number, boolean, array, object or null
    title: str | UnsetType = UNSET  # shown in forms
    description: str | UnsetType = UNSET  # a sentence or two for forms and listings
    default: Any = UNSET  # what it is when it is not given; with it the parameter is not required
    enum: list[Any] | UnsetType = UNSET  # the values there are
    const: Any = UNSET  # the one value there is
    minimum: int | float | UnsetType = UNSET  # the least number
    maximum: int | float | UnsetType = UNSET  # the largest number
    exclusiveMinimum: int | float | UnsetType = UNSET  # what a number is larger than
    exclusiveMaximum: int | float | UnsetType = UNSET  # what a number is less than
    multipleOf: int | float | UnsetType = UNSET  # what a number is a multiple of
    minLength: int | UnsetType = UNSET  # least characters of a text
    maxLength: int | UnsetType = UNSET  # most characters of a text
    pattern: str | UnsetType = UNSET  # regular expression that a text has a match for
    format: str | UnsetType = UNSET  # what a text is, e.g. date or path
    anyOf: list[dict[str, Any]] | UnsetType = UNSET  # schemas of which a value fits one or more
    oneOf: list[dict[str, Any]] | UnsetType = UNSET  # schemas of which a value fits just one
    allOf: list[dict[str, Any]] | UnsetType = UNSET  # schemas of which a value fits all
    defs: dict[str, Any] | UnsetType = msgspec.field(name="$defs", default=UNSET)  # for $ref in it
    items: dict[str, Any] | UnsetType = UNSET  # schema of what a list has in it
    prefixItems: list[dict[str, Any]] | UnsetType = UNSET  # schemas of its items, each its own
    minItems: int | UnsetType = UNSET  # least items of a list
    maxItems: int | UnsetType = UNSET  # most items of a list
    uniqueItems: bool | UnsetType = UNSET  # true: no item of a list is there twice
    properties: dict[str, Any] | UnsetType = UNSET  # schemas of the members of an object, by name
    required: list[str] | UnsetType = UNSET  # members that an object has to have
    additionalProperties: bool | dict[str, Any] | UnsetType = UNSET  # schema of other members
    examples: list[Any] | UnsetType = UNSET  # values that forms suggest
    flag: str = ""  # boolean: present or absent; other types: flag and value
    spacing: bool = True  # False: flag and value make one argument

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return {k: v for k, v in plain.items() if k not in ("flag", "spacing")}


class ToolOutput(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A file the tool writes: `path` is a glob in its folder, or ``stdout``."""

    path: str  # a glob in its folder, or stdout
    title: str = ""  # shown in listings
    media_type: str = ""  # default: by the suffix of the file
    main: bool = False  # true: the output that `df()` means
    required: bool = True  # a job that does not write it fails with `missing_output`


class ToolStep(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the commands that a tool runs in order, in a folder of its own (Analytics Automated).

    Its command knows the tool's inputs and parameters, and its own inputs.
    """

    name: str  # unique in the tool; its folder and the names of its outputs begin with it
    ordering: int  # steps run in this order; those with equal numbers side by side
    command: list[str] | str  # an argv list; one text only with shell = true
    shell: bool = False  # true: the command goes through a shell, values quoted
    inputs: dict[str, str] = {}  # globs of files of earlier steps, copied into its folder, by name
    stdout: str = ""  # file in its folder that gets its standard output; default: the job's log
    outputs: dict[str, ToolOutput] = {}  # files it writes, by name
    success_codes: list[int] = []  # exit codes that are as good as 0
    stop_codes: list[int] = []  # exit codes that end the job well, without its later steps
    missing: Literal["fail", "stop", "continue"] = "fail"  # without an output it has to write


class ToolResources(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a job of the tool takes when its options do not say."""

    cpu: float = 1.0  # cores
    memory: int | str | None = None  # bytes, or text such as "512MB"; a job is held to it
    gpu: int = 0  # GPUs
    timeout: float | str | None = None  # seconds, or text such as "10min"; of one attempt
    queue: str | None = None  # one of the server's queues; default: "default"
    max_running: int | None = None  # jobs of this tool and version that run at once, of all owners
    max_log_size: int | str | None = None  # bytes that stdout, and that stderr, may have
    max_output_size: int | str | None = None  # bytes of disk that its files may take
    grace: float | str | None = None  # seconds from SIGTERM to SIGKILL when it is ended; default 5


class Tool(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tool as it is written; exactly one of command, script, notebook, function, steps is set."""

    name: str  # how it is called in `submit`
    version: str = "1.0"  # name and version make its id; a bare name means the newest version
    title: str = ""  # shown in forms and listings
    description: str = ""  # what it does
    command: list[str] | str | UnsetType = UNSET  # an argv list; one text only with shell = true
    shell: bool = False  # true: the command goes through a shell, values quoted
    script: str | UnsetType = UNSET  # path of a Python script, started with --name value
    notebook: str | UnsetType = UNSET  # path of a notebook, parameters by papermill's convention
    function: str | UnsetType = UNSET  # of a module that python imports: package.module:name
    steps: list[ToolStep] = []  # commands that are run one after the other
    python: str | None = None  # interpreter of a script or function; default: the server's
    kernel: str | None = None  # kernelspec of a notebook
    enabled: bool = True  # false: known, but refuses submissions
    restricted: bool = False  # true: only for those to whom it is granted, and who may manage
    executor: str = "local"  # what runs its jobs; "node" leaves them to workers outside
    pass_as: str = "arguments"  # noqa: S105 - or "environment": every parameter becomes a variable
    additional_parameters: bool = False  # true: undeclared parameters are allowed, as strings
    sanity: bool = False  # true: no text that could be code is taken (Analytics Automated's rule)
    open: bool = False  # true: also for who does not say who they are at one of `dialect_ports`
    inputs: dict[str, ToolInput] = {}  # files it reads, by name
    parameters: dict[str, ToolParameter] = {}  # values it takes, by name
    outputs: dict[str, ToolOutput] = {}  # files it writes, by name
    resources: ToolResources = ToolResources()  # what a job takes when its options do not say
    folder: str | None = None  # where its file lies: relative script and notebook paths start here

    @property
    def id(self) -> str:
        """Name and version, e.g. ``wc-1.0``."""
        return f"{self.name}-{self.version}"

    @property
    def places(self) -> dict[str, str]:
        """Where in its folder the outputs lie that are one file each, by their names."""
        paths = {name: PurePosixPath(one.path) for name, one in self.outputs.items()}
        return {
            name: str(path)
            for name, path in paths.items()
            if str(path) != "stdout"
            and not path.is_absolute()
            and ".." not in path.parts
            and not any(sign in str(path) for sign in "*?[")
        }

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12, an object) of the arguments, inputs included."""
        properties: dict[str, Any] = {}
        for name, item in self.inputs.items():
            path = {"type": "string", "format": "path", "minLength": 1}
            one: dict[str, Any] = {"type": "array", "items": path} if item.multiple else path
            extra = {"title": item.title, "description": item.description}
            properties[name] = one | {k: v for k, v in extra.items() if v}
        properties |= {name: _as_part(name, p.schema()) for name, p in self.parameters.items()}
        required = [n for n, i in self.inputs.items() if i.required]
        required += [n for n, p in self.parameters.items() if p.default is UNSET]
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "title": self.title or self.name,
            "description": self.description,
            "properties": properties,
            "required": required,
            "additionalProperties": {"type": "string"} if self.additional_parameters else False,
        }


def _as_part(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema for a place in another: ``#/…`` there is still in itself."""
    refers = b'"$ref"' in msgspec.json.encode(schema)
    return {"$id": f"urn:jobs-ext:parameter:{name}"} | schema if refers else schema


def check_tool(tool: Tool) -> Tool:
    """Return `tool`, or raise `InvalidRequest` naming the first field that makes no sense."""
    kinds = ("command", "script", "notebook", "function")
    ways = [kind for kind in kinds if getattr(tool, kind) is not UNSET]
    ways += ["steps"] if tool.steps else []
    if len(ways) != 1:
        raise InvalidRequest(
            f"tool {tool.name!r} must have exactly one of command, script, notebook, function "
            "and steps.",
            field="command",
            value=ways,
        )
    if tool.command is not UNSET and not tool.command:
        raise InvalidRequest(
            f"tool {tool.name!r}: its command is empty.", field="command", value=tool.command
        )
    if isinstance(tool.command, str) and not tool.shell:
        raise InvalidRequest(
            f"tool {tool.name!r}: a command written as one text needs shell = true.",
            field="command",
            value=tool.command,
            hint='Write a list such as ["wc", "-l", "{text}"], or set shell = true.',
        )
    if tool.pass_as not in ("arguments", "environment"):
        raise InvalidRequest(
            f"tool {tool.name!r}: pass_as is neither arguments nor environment.",
            field="pass_as",
            value=tool.pass_as,
        )
    clash = sorted(set(tool.inputs) & set(tool.parameters))
    if clash:
        raise InvalidRequest(
            f"tool {tool.name!r}: {clash[0]!r} is both an input and a parameter.",
            field=f"parameters.{clash[0]}",
            value=clash[0],
        )
    _check_resources(tool)
    return tool


def _check_resources(tool: Tool) -> None:
    checks = dict.fromkeys(("memory", "max_log_size", "max_output_size"), parse_bytes)
    try:
        for name, parse in (checks | dict.fromkeys(("timeout", "grace"), parse_duration)).items():
            value = getattr(tool.resources, name)
            if value is not None:
                parse(value)
    except ValueError as error:
        raise InvalidRequest(
            f"tool {tool.name!r}: {error}.", field="resources", value=str(tool.resources)
        ) from None
