"""The operations on jobs."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ...model.errors import InvalidRequest
from ...model.notification import EVERYTHING, Notify
from ...service.hints import did_you_mean
from ..table import Call, Reply
from .arguments import named_apart
from .envelope import limit, paged, wrap
from .requests import submission
from .search import check_field, found
from .shapes import Object, entries, full, link, summary, tool_of
from .states import history_of, state_of

_SHORT = 100  # jobs
_FORM = "application/x-www-form-urlencoded"
_ACTIONS = ("stop", "resubmit", "restore")
_STOP = ("stop", "kill", "cancel")


def listed(call: Call) -> list[Object]:
    """List the jobs that the caller sees, newest first, those that the query finds."""
    return [summary(call, job) for job in found(call, call.query)]


def is_short(call: Call) -> bool:
    """Tell whether a list is read in about a millisecond."""
    return call.query.keys() <= {"limit"} and limit(call) <= _SHORT


def searched(call: Call, attribute: str, value: str) -> list[Object]:
    """List the jobs of which a field has a value."""
    check_field(attribute)
    return [summary(call, job) for job in found(call, {**call.query, attribute: [value]})]


def submit(call: Call) -> Object:
    """Accept a job."""
    request, tool = submission(call)
    with named_apart(tool):
        job = call.service.jobs.submit(call.who, request)
    shown = full(call, job, tool)
    notices = shown["_links"]["notifications"]
    told = [one.words for one in request.options.notify if isinstance(one, Notify)]
    titles = [words.event or EVERYTHING for words in told if words is not None]
    shown["_links"]["notification"] = [notices | {"title": title} for title in titles]
    return shown | {"lastModified": shown["lastUpdated"]}


def shown(call: Call, job: str) -> Object:
    """Show a job."""
    return full(call, *call.service.jobs.with_tool(call.who, job))


def status(call: Call, job: str) -> Object:
    """Show the status of a job."""
    found = call.service.jobs.get(call.who, job)
    links = {"self": link(call, "jobs/v2", job)}
    return {"id": found.id, "status": state_of(found), "_links": links}


def history(call: Call, job: str) -> list[Object]:
    """Show what happened to a job, oldest first."""
    events = call.service.jobs.history(call.who, job)
    owner = call.service.jobs.get(call.who, job).owner
    return paged(call, entries(history_of(events), owner))


class _Action(Struct):
    action: str = ""


def manage(call: Call, job: str) -> Reply | Object:
    """Stop a job, submit it again as a new one, or take it out of the trash."""
    action = _action(call)
    jobs = call.service.jobs
    if action in _STOP:
        return _done(call, job, jobs.cancel)
    if action == "restore":
        return _done(call, job, call.service.trash.reinstate_job)
    if action == "resubmit":
        again = jobs.rerun(call.who, job, under_way=True)
        return Reply(wrap(call, full(call, again, tool_of(call, again))), 202)
    raise InvalidRequest(
        f"Invalid action {action!r}." if action else "No action specified.",
        field="action",
        value=action,
        hint=did_you_mean(action, _ACTIONS),
    )


def _action(call: Call) -> str:
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == _FORM and not call.body.lstrip().startswith(b"{"):
        return next(iter(call.form[0].get("action", ())), "").strip().lower()
    return call.json(_Action).action.strip().lower()


def _done(call: Call, job: str, verb: Any) -> Object:
    after = verb(call.who, job)
    return full(call, after, tool_of(call, after))


def delete(call: Call, job: str) -> None:
    """Stop a job, and hide it."""
    call.service.jobs.delete(call.who, job)
