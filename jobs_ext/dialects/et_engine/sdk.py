"""The wire form of the published SDK (et-engine 0.0.1), where it is not the seed's."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ...model.job import Batch
from ..table import Call
from . import batches as seed
from . import hardware
from . import tools as known
from .tools import Entry


class NewTool(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST v1/tools``."""

    tool_name: str
    tool_description: str = ""


def tools(call: Call) -> object:
    """List the tools; the SDK takes no other keys."""
    return [_tool(one) for one in known.entries(call)]


def create(call: Call) -> object:
    """Make a tool that has no program yet, and show it."""
    asked = call.json(NewTool)
    return _tool(known.make(call, asked.tool_name, asked.tool_description))


def submit(call: Call, tool: str) -> object:
    """Submit a batch, and show it."""
    found = known.runnable(call, tool)
    return _batch(seed.accept(call, found), {found.id: known.entry_of(found)})


def batches(call: Call) -> object:
    """List the caller's batches."""
    entries = _entries(call)
    return [_batch(batch, entries) for batch in seed.own(call)]


def status(call: Call, batch: str) -> object:
    """Show where the jobs of a batch stand; the SDK takes no other keys."""
    numbers = seed.counts(seed.one(call, batch))
    return {status.lower(): number for status, number in numbers.items()}


def _entries(call: Call) -> dict[str, Entry]:
    return {one.id: one for one in known.entries(call)}


def _tool(entry: Entry) -> dict[str, Any]:
    return {
        "tool_id": entry.id,
        "tool_name": entry.name,
        "tool_description": entry.description,
    }


def _batch(batch: Batch, entries: dict[str, Entry]) -> dict[str, Any]:
    name = batch.target.name
    return {
        "batch_id": batch.id,
        "batch_tool": _tool(entries.get(name) or Entry(name, name, "")),
        "n_jobs": batch.n_jobs,
        "batch_hardware": hardware.shown_to_sdk(batch.options),
    }
