"""Pages on what things are: statuses, permissions, tools, notifications."""

from __future__ import annotations

from jobs_ext.model import grant, notification, policy, project, reasons, status, tool
from jobs_ext.service import principal
from jobs_ext.service.macros import MACROS

from .markdown import fields, members, summary, table

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
            "`job.stage`, finer than the status of an active job.\n",
            table(("stage", "meaning"), members(status.Stage)),
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
        parts += [f"## {title}\n", f"{summary(struct)}\n", fields(struct)]
    return "\n".join(parts)


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
        parts += [f"## {struct.__name__}\n", f"{summary(struct)}\n", fields(struct)]
    return "\n".join(parts)


def _meanings() -> list[str]:
    return [meaning for _, meaning in members(status.Status)]
