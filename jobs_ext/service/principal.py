"""Who asks, and what they may do."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec
from msgspec import Struct

from ..model.errors import Forbidden


class Verb(StrEnum):
    """What one may do at all."""

    READ = "read"  # see jobs, logs, outputs and changes
    SUBMIT = "submit"  # submit declared tools; cancel, change, share and delete jobs
    RUN = "run"  # the same with any command, script, function or notebook: a shell, in effect
    WORK = "work"  # be a node, which runs jobs of others
    MANAGE = "manage"  # everybody's jobs, tools and keys; keys for other owners


VERBS = frozenset(str(verb) for verb in Verb)


class Principal(Struct, frozen=True):
    """A caller: whose jobs it owns, the verbs it was given, and what let it in."""

    owner: str
    verbs: frozenset[str]
    by: Literal["login", "kernel", "key", "guest"] = "login"
    until: str | None = None  # when that ends; None: never
    deputy: bool = False  # acts, with fewer verbs, for somebody who may manage
    sees_trash: bool = False  # finds what lies in the trash as if it did not (UFDL's clients)

    @classmethod
    def all(cls, owner: str) -> Principal:
        """Return the owner of a one-person server, who may do everything."""
        return cls(owner, VERBS)

    @classmethod
    def guest(cls) -> Principal:
        """Return somebody of this machine who did not say who they are: for open tools alone."""
        return cls("(guest)", frozenset({"read", "submit"}), by="guest")

    def require(self, *verbs: str) -> None:
        """Raise `Forbidden` unless the caller has one of `verbs`."""
        if self.verbs.isdisjoint(verbs):
            raise Forbidden(
                f"{self.owner} may not {' or '.join(verbs)} here.",
                field="user",
                value=self.owner,
                hint=self._way_to(verbs[0]),
            )

    def _way_to(self, verb: str) -> str:
        """Return what somebody can do who lacks a verb."""
        if self.by == "key":
            return f"Use a key that has the verb {verb!r}: keys are made by POST keys."
        if self.deputy:
            return (
                f"You may, but no kernel may {verb} for you: do it in a terminal, by jupyter jobs, "
                "or with a client of your own: jx.connect(url)."
            )
        if verb == Verb.MANAGE:
            return "Ask somebody who may: JobsExtension.admins names them."
        return f"Ask for the permission {verb!r}."

    def submitting(self) -> Principal:
        """Return the caller as who has what a submit is made from looked up: that shows nothing."""
        reads = not self.verbs.isdisjoint((Verb.SUBMIT, Verb.RUN))
        return msgspec.structs.replace(self, verbs=self.verbs | {str(Verb.READ)}) if reads else self

    def owns(self, owner: str) -> bool:
        """Tell whether the caller may do everything with the things of an owner."""
        return self.scope in (None, owner)

    @property
    def scope(self) -> str | None:
        """Whose things the caller sees: its own owner name, or None for everybody's."""
        return None if "manage" in self.verbs else self.owner
