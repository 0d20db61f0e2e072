"""Who runs a job: this machine, or a node outside; and what a node can't be asked for."""

from __future__ import annotations

import msgspec

from ..model.errors import InvalidRequest
from ..model.request import Options, Target
from ..model.tool import Tool
from .environment import check_text

LOCAL, NODE = "local", "node"
EXECUTORS = (LOCAL, NODE)

#: Options about a process on this machine.
_LOCAL_ONLY = (
    *("python", "kernel", "cwd", "inputs", "outputs", "env"),
    *("max_log_size", "max_output_size", "grace", "workers", "archive", "mounts", "cache"),
)


def executor_of(options: Options, tool: Tool | None) -> str:
    """Return what runs a job: by its options, else by its tool."""
    return options.executor or (tool.executor if tool else LOCAL)


def check_outside(target: Target, tool: Tool | None, options: Options) -> None:
    """Raise `InvalidRequest` for what no node can be given: it is on another machine."""
    if tool is None and not isinstance(target.command, list):
        raise InvalidRequest(
            f"A node runs tools and commands, no {target.kind}.",
            field=f"target.{target.kind}",
            hint="Leave executor out, or submit a tool.",
        )
    if tool is not None and tool.steps:
        raise InvalidRequest(
            f"The steps of {tool.id} run here, not on a node.",
            field="options.executor" if options.executor else "target.tool",
            value=options.executor or tool.id,
            hint="Leave executor out.",
        )
    plain = Options()
    for name in _LOCAL_ONLY:
        if getattr(options, name) != getattr(plain, name):
            raise InvalidRequest(
                f"{name} means nothing to a job that a node runs.",
                field=f"options.{name}",
                value=msgspec.to_builtins(getattr(options, name)),
                hint="Leave it out.",
            )


def settled_outside(target: Target, tool: Tool | None) -> Target:
    """Return the target as it is kept for a node: whether it has the program is for it to say."""
    if tool is not None:
        return Target(tool=tool.id)
    command = target.command if isinstance(target.command, list) else []
    if not command or not command[0]:
        raise InvalidRequest("The command is empty.", field="target.command", value=command)
    for index, element in enumerate(command):
        check_text(element, f"target.command[{index}]")
    return target


def check_tags(options: Options, executor: str) -> None:
    """Raise `InvalidRequest` for tags that no node can have, and where no node is asked."""
    if options.tags and executor != NODE:
        raise InvalidRequest(
            "tags choose among nodes; this job runs here.",
            field="options.tags",
            value=options.tags,
            hint='Set executor="node", or leave them out.',
        )
    check_tag_names(options.tags, "options.tags")


def check_tag_names(tags: list[str], field: str) -> None:
    """Raise `InvalidRequest` for too many tags, and for one that is no short line of text."""
    good = len(tags) <= 50 and all(0 < len(tag) <= 100 and tag.isprintable() for tag in tags)
    if not good:
        raise InvalidRequest(
            "Tags are at most 50 texts of 1 to 100 printable characters.", field=field, value=tags
        )
