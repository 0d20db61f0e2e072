"""Notifications: whom Agave's clients ask to be told, with a job or of one that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ...model import notification as ours
from ...model.errors import InvalidRequest, NotFound
from ...model.job import Job
from ...model.notification import EVERYTHING, Notification, Notify, Words
from ...model.status import Status
from ...service.hints import did_you_mean
from ..table import Call
from .envelope import limit, offset, paged
from .shapes import date, link
from .states import name_of

#: Agave's events, and the ones of ours at which they are told.
EVENTS: dict[str, tuple[str, ...]] = {
    "PENDING": (Status.SUBMITTED,),
    "PROCESSING_INPUTS": (Status.STARTING,),
    "STAGING_INPUTS": (Status.STARTING,),
    "STAGED": (Status.RUNNING,),
    "STAGING_JOB": (Status.RUNNING,),
    "SUBMITTING": (Status.RUNNING,),
    "QUEUED": (Status.RUNNABLE,),
    "RUNNING": (Status.RUNNING,),
    "CLEANING_UP": (Status.SUCCEEDED,),  # of a job that is archived: before that
    "ARCHIVING": (ours.ARCHIVING,),
    "ARCHIVING_FINISHED": (ours.ARCHIVED,),
    "ARCHIVING_FAILED": (ours.ARCHIVE_FAILED,),
    "FINISHED": (Status.SUCCEEDED,),
    "FAILED": (Status.FAILED,),
    "STOPPED": (Status.CANCELLED,),
    "KILLED": (Status.CANCELLED,),
    "DELETED": (ours.DELETED,),
    "RESTORED": (ours.REINSTATED,),
    "PERMISSION_GRANT": (ours.GRANTED,),
    "PERMISSION_REVOKE": (ours.REVOKED,),
    "*": (EVERYTHING,),
}
_OF_ARCHIVED = ("ARCHIVING", "ARCHIVING_FINISHED", "ARCHIVING_FAILED")
_AT_THE_END = ("FINISHED", "FAILED", "STOPPED")
_RETRIES = 5  # that Agave makes when nothing is said
_MOST_RETRIES = 100


class Policy(Struct, frozen=True):
    """How often a notification is tried."""

    retryStrategy: Literal["NONE", "IMMEDIATE", "DELAYED", "EXPONENTIAL"] = "IMMEDIATE"
    retryLimit: Annotated[int, Meta(ge=0, le=1440)] = _RETRIES
    retryRate: Annotated[int, Meta(ge=0, le=86400)] = 0  # seconds; the pauses are ours
    retryDelay: Annotated[int, Meta(ge=0, le=86400)] = 0  # seconds
    saveOnFailure: bool = False  # what became of it is kept in any case


class Wanted(Struct, frozen=True):
    """A notification in a JobRequest."""

    url: str
    event: str = "*"
    persistent: bool | None = None
    policy: Policy | None = None


class NotificationRequest(Wanted, frozen=True):
    """Body of a request for a notification of its own."""

    associatedUuid: str | None = None


def notifies(
    call: Call, wanted: Sequence[Wanted] | str | None, field: str, *, archived: bool
) -> list[Notify]:
    """Return whom to tell; one text alone is told of each way the job can end.

    Raises `InvalidRequest` for an event that never happens here, or not to a job that is not
    `archived`.
    """
    if not wanted:
        return []
    if isinstance(wanted, str):
        wanted = [Wanted(wanted, event) for event in _AT_THE_END]
    return [
        _checked(call, one, f"{field}[{index}].", archived=archived)
        for index, one in enumerate(wanted)
    ]


def _checked(call: Call, one: Wanted, place: str, *, archived: bool) -> Notify:
    if one.event.upper() in _OF_ARCHIVED and not archived:
        raise InvalidRequest(
            f"{one.event} never happens to a job that is not archived.",
            field=f"{place}event",
            value=one.event,
            hint="Let archive be true, or wait for FINISHED.",
        )
    told = EVENTS | ({"CLEANING_UP": (ours.ARCHIVING,)} if archived else {})
    return _notify(call.url, one, f"{place}event", told)


def _notify(root: str, one: Wanted, field: str, told: Mapping[str, tuple[str, ...]]) -> Notify:
    event = one.event.upper()
    if event not in told:
        raise InvalidRequest(
            f"There is no event {one.event!r} here.",
            field=field,
            value=one.event,
            hint=did_you_mean(event, told),
        )
    policy = one.policy or Policy()
    tries = 0 if policy.retryStrategy == "NONE" else policy.retryLimit
    return Notify(
        url=_address(one.url),
        events=[*told[event]],
        persistent=bool(one.persistent),
        retries=min(tries, _MOST_RETRIES),
        words=Words("agave", root, "" if event == EVERYTHING else event),
    )


def _address(url: str) -> str:
    """Return a URL; a mail address alone is one, too."""
    mail = "@" in url and "/" not in url and not url.lower().startswith("mailto:")
    return f"mailto:{url}" if mail else url


def listed(call: Call) -> list[dict[str, Any]]:
    """List whom a job tells, or whom all of the caller's own jobs do."""
    job = call.first("associatedUuid")
    if not job:
        own = call.service.notifications.own(call.who, limit(call), offset(call))
        return [_shown(call, call.who.owner, one) for one in own]
    found = call.service.notifications.list(call.who, "job", job)
    owner = call.service.jobs.get(call.who, job).owner
    return paged(call, [_shown(call, owner, one) for one in found])


def shown(call: Call, notification: str) -> dict[str, Any]:
    """Show one of them."""
    one, job = _found(call, notification)
    return _shown(call, job.owner, one)


def add(call: Call) -> dict[str, Any]:
    """Let a job tell somebody more."""
    asked = call.json(NotificationRequest)
    if not asked.associatedUuid:
        raise InvalidRequest(
            "Say of which job: associatedUuid.", field="associatedUuid", hint="Give the job's id."
        )
    try:
        job = call.service.jobs.get(call.who, asked.associatedUuid)
    except NotFound as error:
        raise InvalidRequest(
            error.message, field="associatedUuid", value=asked.associatedUuid, hint=error.hint
        ) from None
    wanted = _of(call, asked, job)
    return _shown(call, job.owner, call.service.notifications.add(call.who, "job", job.id, wanted))


def update(call: Call, notification: str) -> dict[str, Any]:
    """Let one of them tell something else, from now on."""
    asked = call.json(NotificationRequest)
    one, job = _found(call, notification)
    if asked.associatedUuid not in (None, "", job.id):
        raise InvalidRequest(
            "A notification stays with its job.",
            field="associatedUuid",
            value=asked.associatedUuid,
            hint=f"Leave it out: it is {job.id}.",
        )
    wanted = _of(call, asked, job)
    after = call.service.notifications.update(call.who, "job", job.id, one.id, wanted)
    return _shown(call, job.owner, after)


def delete(call: Call, notification: str) -> None:
    """Tell somebody no more."""
    one, job = _found(call, notification)
    call.service.notifications.delete(call.who, "job", job.id, one.id)


def _found(call: Call, notification: str) -> tuple[Notification, Job]:
    """Return a notification and its job; those of batches are not Agave's."""
    one = call.service.notifications.find(call.who, notification)
    if one.job is None:
        raise NotFound(
            f"There is no notification {notification!r}.", field="uuid", value=notification
        )
    return one, call.service.jobs.get(call.who, one.job)


def _of(call: Call, asked: Wanted, job: Job) -> Notify:
    return _checked(call, asked, "", archived=job.options.get("archive") is not None)


def _shown(call: Call, owner: str, one: Notification) -> dict[str, Any]:
    sent = [delivery for delivery in one.deliveries if delivery.status == "sent"]
    lost = bool(one.deliveries) and all(made.status == "failed" for made in one.deliveries)
    return {
        "id": one.id,
        "uuid": one.id,  # as the client calls it
        "owner": owner,
        "url": one.url,
        "associatedUuid": one.job,
        "event": _event(one),
        "persistent": one.persistent,
        "status": "COMPLETE" if sent else "FAILED" if lost else "ACTIVE",
        "success": bool(sent),
        "attempts": sum(delivery.tries for delivery in one.deliveries),
        "created": date(one.created),
        "lastSent": date(sent[0].done) if sent else None,
        "_links": {
            "self": link(call, "notifications/v2", one.id),
            "job": link(call, "jobs/v2", str(one.job)),
        },
    }


def _event(one: Notification) -> str:
    """Return what is told, as it was asked for; of others the words for their events."""
    if one.words is not None and one.words.event:
        return one.words.event
    return ",".join(name_of(event) for event in one.events)
