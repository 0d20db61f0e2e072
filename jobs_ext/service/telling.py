"""In whose words something is told: our own, or those of the dialect that was asked."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

import msgspec
from msgspec import Struct

from ..model.job import Job
from ..model.notification import Words
from ..model.tool import Tool

#: Modules with a function `told`, by the name of the dialect; imported when one is needed first,
#: so that a runner, which delivers, knows no dialect before.
TELLERS = {name: f"jobs_ext.dialects.{name}.telling" for name in ("agave", "analytics_automated")}


class Telling(Struct, frozen=True):
    """What is told of one event."""

    body: object  # JSON, of a webhook
    values: Mapping[str, str]  # of the macros in a URL
    headers: Mapping[str, str]  # of a webhook, further ones
    subject: str  # of a mail
    text: str


class Teller(Protocol):
    """What a module of `TELLERS` has."""

    def told(self, words: Words, job: Job, tool: Tool | None, event: str, delivery: str) -> Telling:
        """Return what is told of an event (a status, DELETED …) of a job; `delivery` is its id."""


def told(
    words: Words, job: Job, tool: Mapping[str, object] | None, event: str, delivery: str
) -> Telling:
    """Return what is told, in the words of a dialect; `tool` is the job's, as at its submit."""
    teller = cast("Teller", import_module(TELLERS[words.dialect]))
    known = None if tool is None else msgspec.convert(tool, Tool)
    return teller.told(words, job, known, event, delivery)
