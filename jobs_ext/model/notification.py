"""Whom to tell what of a job: what is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct, field

from .status import FINAL, Stage, Status

ENDED = "ENDED"  # any final status; the only one of a batch: all of its jobs have one
DELETED = "DELETED"
REINSTATED = "REINSTATED"
GRANTED = "GRANTED"
REVOKED = "REVOKED"
ARCHIVING = "ARCHIVING"
ARCHIVED = "ARCHIVED"
ARCHIVE_FAILED = "ARCHIVE_FAILED"
EVERYTHING = "*"
#: What a job may tell beside its statuses, and when.
OTHERS: Mapping[str, str] = MappingProxyType(
    {
        ARCHIVING: "its outputs are being archived, as its option asks",
        ARCHIVED: "its outputs were archived",
        ARCHIVE_FAILED: "its outputs could not be archived",
        DELETED: "it was deleted",
        REINSTATED: "it came back from the trash",
        GRANTED: "somebody was given rights on it",
        REVOKED: "somebody's rights on it were taken back",
    }
)
EVENTS = (*map(str, Status), ENDED, *OTHERS, EVERYTHING)


def _ended() -> list[str]:
    return [ENDED]


class Words(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """In whose words a job is told of: in those of a dialect, where it was submitted through it."""

    dialect: str  # agave
    root: str = ""  # address of the dialect's root, for links
    event: str = ""  # its name of the event; default: by what happened


class Notify(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whom to tell of a job or batch, and when."""

    url: str  # http(s)://… or mailto:ann@example.org, with macros such as ${JOB_ID}
    events: list[str] = field(default_factory=_ended)  # statuses, ENDED, DELETED … or "*"
    persistent: bool = True  # false: only the first of these events is told
    retries: int = 10  # further tries when it can't be delivered, over about a quarter of an hour
    headers: dict[str, str] = {}  # more headers of a webhook; kept, but never served
    words: Words | None = None  # of a job: a dialect's, in place of our own


class Delivery(Struct, frozen=True):
    """What became of telling one event."""

    id: str  # also in the header X-Jobs-Ext-Delivery
    event: str  # a status, DELETED …, or of a batch ENDED
    status: Literal["due", "sent", "failed"]  # what became of it so far
    tries: int  # how often it was tried
    created: str  # when it became due to be told
    done: str | None = None  # when it was sent or given up
    next: str | None = None  # when it is tried (again)
    error: str | None = None  # what the last try came to


class Notification(Struct, frozen=True):
    """Whom a job or batch tells. Credentials and tokens are kept, but not served."""

    id: str  # its id
    url: str  # without user, password and what may be a token
    events: list[str]  # of which it is told
    persistent: bool  # false: only of the first of these
    retries: int  # further tries when it can't be delivered
    headers: list[str]  # their names
    preset: bool  # by the server's configuration
    created: str  # when it was asked for
    job: str | None = None  # id of the job that tells them; None: a batch does
    batch: str | None = None  # id of the batch
    words: Words | None = None  # a dialect's, in place of our own
    deliveries: list[Delivery] = []  # the latest, newest first


class Mail(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The server that takes mails."""

    host: str  # its name or address
    sender: str  # address that mails come from
    port: int = 25  # where it listens
    security: Literal["none", "starttls", "tls"] = "none"  # how the line to it is kept secret
    user: str | None = None  # who logs in there; None: nobody
    password_env: str | None = None  # environment variable that holds the password


class Outgoing(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where this installation may connect to for its users."""

    allowed_hosts: tuple[str, ...] = ()  # names, addresses, networks, beside public ones
    mail: Mail | None = None  # None: no mails are sent
    schemes: tuple[str, ...] = ()  # of apprise's URLs that may be used


def event_of(type_: str, data: Mapping[str, Any]) -> str | None:
    """Return how an entry of a job's history is called where one asks to be told of it.

    None for one that nobody is told of.
    """
    if type_ == "status":
        return str(data["status"])
    if type_ == "submitted":
        return str(Status.SUBMITTED)
    if type_ == "stage":
        return ARCHIVING if data["stage"] == Stage.ARCHIVING else None
    return type_.upper() if type_.upper() in OTHERS else None


def matches(events: list[str], event: str) -> bool:
    """Tell whether `event` (one of a job's) is one of `events`, as `Notify` lists them."""
    wanted = {event, EVERYTHING} | ({ENDED} if event in map(str, FINAL) else set())
    return not wanted.isdisjoint(events)
