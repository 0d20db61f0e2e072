"""Whom a job may tell: what is asked for, checked before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

import msgspec
from msgspec import Struct

from ..model.errors import InvalidRequest
from ..model.notification import ENDED, EVENTS, Notify, Outgoing, Words
from ..store.notifications import Told
from .addresses import Guard, masked
from .hints import did_you_mean
from .macros import MACROS, macros
from .telling import TELLERS

MAILTO = "mailto:"
WEB = ("http", "https")
MOST = 20  # of one job
_MOST_RETRIES = 100
_LONGEST_HEADER = 4096  # characters
_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
#: Headers that say how a request is framed, or that are ours.
_OURS = re.compile(
    r"host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*|"
    r"x-jobs-ext-.*",
    re.IGNORECASE,
)


class Whom(Struct, frozen=True):
    """What a server's configuration says of notifications."""

    outgoing: Outgoing = Outgoing()
    guard: Guard = Guard()
    presets: tuple[Notify, ...] = ()  # told of every job submitted alone and of every batch

    def check(self, wanted: Sequence[str | Notify], field: str, *, batch: bool) -> list[Told]:
        """Return whom to tell, presets too; `InvalidRequest`, naming `field`, if it can't be."""
        if len(wanted) > MOST:
            raise InvalidRequest(f"At most {MOST} can be told.", field=field, value=len(wanted))
        asked = [Notify(url=one) if isinstance(one, str) else one for one in wanted]
        told = [
            self.check_one(one, f"{field}[{index}]", batch=batch) for index, one in enumerate(asked)
        ]
        presets = batch_events(self.presets) if batch else self.presets
        return told + [Told(one, place_of(one.url), preset=True) for one in presets]

    def check_one(self, one: Notify, field: str, *, batch: bool) -> Told:
        """Return whom to tell; `InvalidRequest`, naming the part of `field`, if it can't be."""
        self._check_url(one.url, _below(field, "url"))
        _check_macros(one.url, _below(field, "url"))
        _check_events(one.events, _below(field, "events"), batch=batch)
        _check_headers(one, _below(field, "headers"))
        _check_words(one.words, _below(field, "words"), batch=batch)
        if not 0 <= one.retries <= _MOST_RETRIES:
            raise InvalidRequest(
                f"retries can't be {one.retries}.",
                field=_below(field, "retries"),
                value=one.retries,
                hint=f"Give a number from 0 to {_MOST_RETRIES}.",
            )
        return Told(one, place_of(one.url))

    def _check_url(self, url: str, field: str) -> None:
        scheme = url.partition(":")[0].lower()
        if scheme == "mailto":
            self._check_mail(url, field)
        elif scheme in WEB:
            self.guard.place(url, field)
        elif scheme not in self.outgoing.schemes:
            known = [*WEB, "mailto", *self.outgoing.schemes]
            raise InvalidRequest(
                f"{shown(url)!r} is no URL that can be told.",
                field=field,
                value=shown(url),
                hint=f"Give one of {', '.join(known)}; JobsExtension.notify_schemes allows others.",
            )
        elif find_spec("apprise") is None:
            raise InvalidRequest(
                f"{scheme}: can't be told without apprise.",
                field=field,
                value=shown(url),
                hint="Install jobs_ext[notify] into the server's environment.",
            )

    def _check_mail(self, url: str, field: str) -> None:
        if self.outgoing.mail is None:
            raise InvalidRequest(
                "This server sends no mails.",
                field=field,
                value=url,
                hint="JobsExtension.mail says which server takes them.",
            )
        for address in mailboxes(url):
            if not _MAILBOX.fullmatch(address):
                raise InvalidRequest(
                    f"{address!r} is no mail address.",
                    field=field,
                    value=url,
                    hint="Write mailto:ann@example.org, several with commas.",
                )


def mailboxes(url: str) -> list[str]:
    """Return the addresses of a ``mailto:``."""
    return url[len(MAILTO) :].split(",")


def place_of(url: str) -> str:
    """Return where a target is, as far as one place is spared when it does not answer."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "mailto":
        return MAILTO
    authority = re.split(r"[/?#]", rest.removeprefix("//"), maxsplit=1)[0]
    return f"{scheme}://{authority.rpartition('@')[2]}".lower()


def shown(url: str) -> str:
    """Return a target as it may be shown to whoever may see its job."""
    return url if url.lower().startswith(MAILTO) else masked(url)


def batch_events(presets: Iterable[Notify]) -> list[Notify]:
    """Return presets as they hold for a batch, which is told of once: at its end."""
    return [msgspec.structs.replace(one, events=[ENDED]) for one in presets]


def _below(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _check_macros(url: str, field: str) -> None:
    for name in macros(url):
        if name not in MACROS:
            raise InvalidRequest(
                f"There is no macro ${{{name}}}.",
                field=field,
                value=name,
                hint=did_you_mean(name, MACROS),
            )


def _check_events(events: Sequence[str], field: str, *, batch: bool) -> None:
    known = (ENDED,) if batch else EVENTS
    if not events:
        raise InvalidRequest(
            "No event is named.", field=field, value=[], hint=did_you_mean("", known)
        )
    for index, event in enumerate(events):
        if event not in known:
            raise InvalidRequest(
                f"There is no event {event!r}" + (" of a batch." if batch else "."),
                field=f"{field}[{index}]",
                value=event,
                hint=did_you_mean(event, known),
            )


def _check_words(words: Words | None, field: str, *, batch: bool) -> None:
    if words is None:
        return
    if words.dialect not in TELLERS or batch:
        raise InvalidRequest(
            f"Nothing is told in the words of {words.dialect[:100]!r}" + " of a batch." * batch,
            field=f"{field}.dialect",
            value=words.dialect,
            hint=did_you_mean(words.dialect, () if batch else TELLERS) or "Leave words out.",
        )
    for name in ("root", "event"):
        text = getattr(words, name)
        if len(text) > _LONGEST_HEADER or not _VALUE.fullmatch(text):
            raise InvalidRequest(
                f"{name} is one line of ASCII.", field=f"{field}.{name}", value=text
            )


def _check_headers(one: Notify, field: str) -> None:
    for name, value in one.headers.items():
        good = _TOKEN.fullmatch(name) and not _OURS.fullmatch(name) and _VALUE.fullmatch(value)
        if not good or len(name) + len(value) > _LONGEST_HEADER:
            raise InvalidRequest(
                f"The header {name!r} can't be sent.",
                field=f"{field}.{name}",
                value=name,
                hint="Its value is one line of ASCII; Host, Content-* and the like are ours.",
            )
    if one.headers and one.url.partition(":")[0].lower() not in WEB:
        raise InvalidRequest("Only webhooks have headers.", field=field, value=list(one.headers))
