"""What can happen to a job or batch: the types of events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

EventType = Literal[
    "submitted",
    "status",
    "progress",
    "outputs",
    "stage",
    "archive_requested",
    "archived",
    "archive_failed",
    "held",
    "released",
    "changed",
    "cancel_requested",
    "deleted",
    "reinstated",
    "purge_requested",
    "purged",
    "granted",
    "revoked",
    "key_made",
    "key_revoked",
    "tool_added",
    "tool_replaced",
    "tool_removed",
]

#: When each is written; a test holds both together.
EVENTS: Mapping[EventType, str] = MappingProxyType(
    {
        "submitted": "it was accepted; `data` has its name, of a batch also `n_jobs`",
        "status": "a job went `from` one `status` to another; with its `reason_code` and `reason`",
        "progress": "a job said how far it is",
        "outputs": "the outputs of a job are known, or became others",
        "stage": "an active job came to the `stage` collecting or archiving",
        "archive_requested": "the outputs of a job that has ended are to be copied to `folder`",
        "archived": "the outputs of a job were copied to `folder`",
        "archive_failed": "they could not be copied; `reason` says why",
        "held": "a job that waits is held",
        "released": "a held job or batch may go on",
        "changed": "its description, or the priority of what waits, is another",
        "cancel_requested": "the end of a job that is under way, or of a batch, was asked for",
        "deleted": "it was hidden: it lies in the trash",
        "reinstated": "it came back from the trash",
        "purge_requested": "it is to be removed for good",
        "purged": "its files and all that was known of it are gone",
        "granted": "somebody was given rights on a job or `tool`; `data` says who and which",
        "revoked": "somebody's rights on a job or `tool` were taken back",
        "key_made": "an API key was made",
        "key_revoked": "an API key holds no more",
        "tool_added": "a `tool` was added over HTTP",
        "tool_replaced": "such a `tool` is another now",
        "tool_removed": "such a `tool` is no more",
    }
)
