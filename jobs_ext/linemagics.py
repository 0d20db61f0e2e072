"""``%job ID ACTION`` and ``%jobs``: looking at jobs and steering them from a cell; completion."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jobs_ext.model.ids import is_id
from jobs_ext.model.status import Status

from .client import session
from .client.batch import Batch
from .client.errors import InvalidRequest, near
from .client.job import Job

if TYPE_CHECKING:
    from .client.lists import JobList

_Handle = Job | Batch


def _logs(handle: _Handle) -> None:
    """Print what a job wrote, by the cell as it was written."""
    print(_only_job(handle, "logs").logs(), end="")  # noqa: T201 - what was asked for


def _result(handle: _Handle) -> Any:
    return handle.results() if isinstance(handle, Batch) else handle.result()


STATUSES = [status.lower() for status in Status]  # as they are written after %jobs

#: What can be asked of a job; the value is that of the cell's line.
ACTIONS: Mapping[str, Callable[[_Handle], Any]] = {
    "show": lambda handle: handle,
    "wait": lambda handle: handle.wait(),
    "logs": _logs,
    "result": _result,
    "df": lambda handle: handle.df(),
    "outputs": lambda handle: _only_job(handle, "outputs").outputs,
    "cancel": lambda handle: handle.cancel(),
    "rerun": lambda handle: _only_job(handle, "rerun").rerun(),
    "delete": lambda handle: handle.delete(),
}


def jobs(line: str) -> JobList:
    """List the newest jobs: ``%jobs [STATUS …]``. Raises `InvalidRequest` for other words."""
    words = line.split()
    for word in words:
        if word.lower() not in STATUSES:
            raise InvalidRequest(
                f"%jobs: there is no status {word!r}.",
                field="line",
                value=line,
                hint=f"Usage: %jobs [STATUS …]; statuses: {', '.join(STATUSES)}.",
            )
    return session.jobs([word.upper() for word in words] or None)


def act(namespace: Mapping[str, Any], line: str) -> Any:
    """Do what ``%job [JOB [ACTION]]`` says, and return what that gives.

    JOB is a variable of the notebook, an id, or ``last``: the newest, which is also the default.
    Raises `InvalidRequest` for other words.
    """
    words = line.split()
    if len(words) > 2:
        raise InvalidRequest(
            f"%job takes a job and an action, not {line!r}.", field="line", value=line, hint=_USAGE
        )
    name, action = (*words, *("last", "show")[len(words) :])
    if action not in ACTIONS:
        raise InvalidRequest(
            f"%job: there is no action {action!r}.",
            field="line",
            value=action,
            hint=near(action, ACTIONS),
        )
    return ACTIONS[action](_named(namespace, name))


_USAGE = f"Usage: %job [JOB [ACTION]]; actions: {', '.join(ACTIONS)}."


def _named(namespace: Mapping[str, Any], name: str) -> _Handle:
    known = namespace.get(name)
    if isinstance(known, _Handle):
        return known
    if name == "last":
        return session.last()
    if not is_id(name):
        raise InvalidRequest(
            f"%job: {name!r} is neither a variable with a job nor the id of one.",
            field="line",
            value=name,
            hint=near(name, _handles(namespace)) or _USAGE,
        )
    return session.get(name)


def _handles(namespace: Mapping[str, Any]) -> list[str]:
    found = [name for name, value in namespace.items() if isinstance(value, _Handle)]
    return sorted(name for name in found if not name.startswith("_"))


def _only_job(handle: _Handle, action: str) -> Job:
    if isinstance(handle, Batch):
        raise InvalidRequest(
            f"A batch has no {action} of its own.",
            field="line",
            value=action,
            hint=f"Its jobs have: jx.get({handle.id!r})[0].{action}",
        )
    return handle


def complete_line(namespace: Mapping[str, Any], before: str) -> list[str]:
    """Return what may stand where ``%job`` is being written; `before` is the line so far."""
    words = before.split(" ")[1:]
    if len(words) <= 1:
        return [*_handles(namespace), "last"]
    return list(ACTIONS) if len(words) == 2 else []


def complete_cell(
    parser: argparse.ArgumentParser, namespace: Mapping[str, Any], before: str
) -> list[str]:
    """Return what may stand where the line of ``%%job`` is being written: options, variables."""
    words = before.split(" ")[1:]
    last = next((word for word in reversed(words[:-1]) if word.startswith("--")), "")
    options = [one for action in parser._actions for one in action.option_strings]
    if last in ("--inputs", "--outputs") and not words[-1].startswith("-"):
        hidden = ("_", "In", "Out", "exit", "quit", "get_ipython")
        return sorted(name for name in namespace if not name.startswith(hidden))
    if last == "--after" and not words[-1].startswith("-"):
        return _handles(namespace)
    return options if len(words) > 1 else []
