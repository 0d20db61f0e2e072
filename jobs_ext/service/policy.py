"""Holding requests to the server's policy; every refusal names the limit."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from ..model.errors import Forbidden, InvalidRequest, TooMany
from ..model.policy import Policy
from ..model.request import Options
from ..model.tool import Tool
from ..store import tallies
from .options import Resources


def check_kind(policy: Policy, kind: str) -> None:
    """Raise `Forbidden` for anything but a tool where only tools may be run."""
    if kind != "tool" and not policy.allow_run:
        raise Forbidden(
            f"This server runs declared tools only, no {kind}.",
            field=f"target.{kind}",
            hint="GET tools, or jx.tools(), lists what can be run. Policy: allow_run.",
        )


def held_to(policy: Policy, found: Resources, options: Options, tool: Tool | None) -> Resources:
    """Return what a job takes; what neither its options nor its tool say is what it may take.

    Raises `InvalidRequest` for more than that.
    """
    limits = {"cpu": policy.max_cpu, "memory": policy.memory, "timeout": policy.timeout}
    given: dict[str, float] = {}
    for name, limit in limits.items():
        value = getattr(found, name)
        if limit is None or (value is not None and value <= limit):
            continue
        if getattr(options, name) is not None or (tool is not None and name in _said(tool)):
            raise InvalidRequest(
                f"{name} is more than a job may have on this server.",
                field=f"options.{name}",
                value=value if getattr(options, name) is None else getattr(options, name),
                hint=f"At most {limit:,.12g} {_UNITS[name]}. Policy: max_{name}.",
            )
        given[name] = limit
    return msgspec.structs.replace(found, **given)


_UNITS = {"cpu": "cores", "memory": "bytes", "timeout": "seconds"}


def _said(tool: Tool) -> set[str]:
    """Return what a tool says that it takes."""
    resources = tool.resources
    plain = type(resources)()
    return {name for name in _UNITS if getattr(resources, name) != getattr(plain, name)}


def check_batch(policy: Policy, n_jobs: int) -> None:
    """Raise `InvalidRequest` for a batch with too many jobs."""
    if policy.max_batch is not None and n_jobs > policy.max_batch:
        raise InvalidRequest(
            f"A batch can't have {n_jobs:,} jobs on this server.",
            field="arguments",
            value=n_jobs,
            hint=f"Give at most {policy.max_batch:,} sets. Policy: max_batch.",
        )


def check_unfinished(tx: Connection, policy: Policy, owner: str, more: int) -> None:
    """Raise `TooMany` when `more` jobs of an owner would be more than may wait and run at once."""
    most = policy.max_unfinished
    if most is None:
        return
    now = tallies.unfinished(tx, owner)
    if now + more > most:
        raise TooMany(
            f"{owner} has {now:,} jobs that have not ended, and may have {most:,}.",
            field="user",
            value=now + more,
            hint="Wait for some of them, or cancel some. Policy: max_unfinished.",
        )
