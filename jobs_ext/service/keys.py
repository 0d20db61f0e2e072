"""API keys: made by people, honoured by our handlers alone, shown once."""

from __future__ import annotations

import builtins
import hashlib
import hmac
import secrets
import time

from ..model.clock import from_epoch, now
from ..model.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unauthenticated
from ..model.filters import KEY_FIELDS
from ..model.ids import is_id, new_id
from ..model.job import Page
from ..model.key import Key, KeyRequest, MadeKey
from ..model.quantities import parse_duration
from ..store import cursors
from ..store import events as event_rows
from ..store import keys as rows
from ..store.keys import KeyRow
from .core import Core
from .hints import did_you_mean
from .narrowing import Narrowing
from .options import check_name
from .principal import VERBS, Principal

MARK = "jx_"  # how every key begins: nothing else is looked up
_PREFIX = len(MARK) + 8  # characters by which a key is found, and shown in lists
_LONGEST = 10 * 365 * 86400.0  # seconds for which a key that expires may be valid
_NOTED = 60.0  # seconds for which a use that was noted stands for the later ones


class Keys:
    """What can be done with API keys."""

    def __init__(self, core: Core) -> None:
        self._store = core.store

    def create(self, who: Principal, wanted: KeyRequest) -> MadeKey:
        """Make a key; the answer is the only place where it can be read.

        Raises `Forbidden` for verbs that `who` does not have, for another owner unless `who` may
        manage, for a kernel or a key that may not, and for a later end than that of the key that
        asks: what ends shall leave no key.
        """
        _require_person(who)
        check_name(wanted.name, "name")
        owner = _checked_owner(who, wanted.owner)
        verbs, expires = _checked_verbs(who, wanted.verbs), _checked_end(wanted.expires)
        _check_outlives(who, expires, wanted.expires)
        text = f"{MARK}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
        made = MadeKey(
            id=new_id(),
            name=wanted.name,
            owner=owner,
            verbs=verbs,
            prefix=_prefix(text),
            created=now(),
            expires=expires,
            key=text,
        )
        with self._store.write(poke=()) as tx:
            rows.make(tx, made, _digest(text))
            data = {"key": made.id, "name": made.name, "verbs": verbs, "by": who.owner}
            event_rows.append(tx, [event_rows.entry(made.created, "key_made", owner, data=data)])
        return made

    def list(
        self,
        who: Principal,
        limit: int = 100,
        cursor: str | None = None,
        filter: str | None = None,  # noqa: A002 - what it is called everywhere
    ) -> Page[Key]:
        """Return one page of the keys that a filter finds, newest first, the revoked ones too."""
        _require_person(who)
        asked = Narrowing(filter, KEY_FIELDS, limit)
        with self._store.read() as connection:
            found, following = rows.page(connection, who.scope, asked.step, cursor)
        pks = {row.id: row.pk for row in found}
        keys = [rows.to_key(row) for row in found]
        return asked.page(keys, following, lambda key: cursors.encode("keys", pks[key.id]))

    def get(self, who: Principal, key_id: str) -> Key:
        """Return what is known of a key."""
        _require_person(who)
        with self._store.read() as connection:
            row = rows.by_id(connection, key_id, who.scope) if is_id(key_id) else None
        return rows.to_key(_found(row, key_id))

    def revoke(self, who: Principal, key_id: str) -> None:
        """End a key at once, and the WebSockets that were opened with it within a second."""
        _require_person(who)
        with self._store.write(poke=()) as tx:
            found = rows.by_id(tx, key_id, who.scope) if is_id(key_id) else None
            row = _found(found, key_id)
            if row.revoked is not None:
                raise Conflict("The key is revoked already.", field="id", value=key_id)
            time_ = now()
            rows.revoke(tx, key_id, time_)
            data = {"key": row.id, "name": row.name, "by": who.owner}
            event_rows.append(tx, [event_rows.entry(time_, "key_revoked", row.owner, data=data)])

    def check(self, text: str) -> Key:
        """Return the key that `text` is; `Unauthenticated` unless it is good now."""
        with self._store.read() as connection:
            row = rows.by_prefix(connection, _prefix(text))
        right = "" if row is None else row.digest
        if row is None or not hmac.compare_digest(right, _digest(text)):
            raise _refused("is not known here", "Keys are made by POST keys, or client.keys.")
        if row.revoked is not None:
            raise _refused("was revoked", "Ask for another.")
        if row.expires is not None and row.expires <= now():
            raise _refused(f"expired at {row.expires}", "Ask for another.")
        return rows.to_key(row)

    def note_use(self, key: Key) -> None:
        """Note that a key was used just now, at most once a minute."""
        if _was_noted(key):
            return
        with self._store.write(poke=()) as tx:
            rows.note_use(tx, key.id, now(), from_epoch(time.time() - _NOTED))


def _was_noted(key: Key) -> bool:
    return key.last_used is not None and key.last_used >= from_epoch(time.time() - _NOTED)


def _prefix(text: str) -> str:
    return text[:_PREFIX] if text.isascii() else ""


def _digest(text: str) -> str:
    # Of 256 random bits: there is nothing to guess, and so no need for a slow hash.
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _refused(what: str, hint: str) -> Unauthenticated:
    return Unauthenticated(f"The API key {what}.", field="Authorization", hint=hint)


def _found(row: KeyRow | None, given: str) -> KeyRow:
    if row is None:
        hint = "It may be another owner's. GET keys lists yours."
        raise NotFound(f"There is no key {given!r}.", field="id", value=given, hint=hint)
    return row


def _require_person(who: Principal) -> None:
    if who.by != "login" and "manage" not in who.verbs:
        raise Forbidden(
            f"A {who.by} can't make, see or revoke keys.",
            field="user",
            value=who.owner,
            hint="Log in, or use the server's token: jx.connect(url).keys.",
        )


def _checked_owner(who: Principal, owner: str | None) -> str:
    if owner is None or owner == who.owner:
        return who.owner
    if "manage" not in who.verbs:
        raise Forbidden(
            f"{who.owner} can't make keys for {owner!r}.",
            field="owner",
            value=owner,
            hint="Leave owner out: the key is yours.",
        )
    check_name(owner, "owner")
    return owner


def _checked_verbs(who: Principal, verbs: builtins.list[str]) -> builtins.list[str]:
    if not verbs:
        raise InvalidRequest("A key needs verbs.", field="verbs", hint=did_you_mean("", VERBS))
    for index, verb in enumerate(verbs):
        if verb not in VERBS:
            hint = did_you_mean(verb, VERBS)
            message = f"{verb!r} is not a verb."
            raise InvalidRequest(message, field=f"verbs[{index}]", value=verb, hint=hint)
        if verb not in who.verbs:
            raise Forbidden(
                f"{who.owner} may not {verb} here, and so can't give that to a key.",
                field=f"verbs[{index}]",
                value=verb,
                hint=f"Leave {verb} out.",
            )
    return sorted(set(verbs))


def _checked_end(expires: float | str | None) -> str | None:
    """Return when a key expires that is made now."""
    if expires is None:
        return None
    try:
        seconds = parse_duration(expires)
    except ValueError as error:
        raise InvalidRequest(f"expires: {error}.", field="expires", value=expires) from None
    if seconds > _LONGEST:
        hint = "Give ten years at most, or leave it out."
        raise InvalidRequest("expires is too late.", field="expires", value=expires, hint=hint)
    return from_epoch(time.time() + seconds)


def _check_outlives(who: Principal, ends: str | None, given: float | str | None) -> None:
    """Raise `Forbidden` for a key that would be good for longer than what makes it."""
    if who.until is not None and (ends is None or ends > who.until):
        raise Forbidden(
            f"This key is good until {who.until}, and can't make one for longer.",
            field="expires",
            value=given,
            hint="Give an earlier end, or make the key by the server's token.",
        )
