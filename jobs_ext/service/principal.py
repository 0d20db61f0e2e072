"""Who asks, and what they may do."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ..model.errors import Forbidden

#: read: look; submit: run declared tools; run: run anything; work: be a node, which runs jobs of
#: others; manage: tools, other people's jobs and keys.
VERBS = frozenset({"read", "submit", "run", "work", "manage"})


class Principal(Struct, frozen=True):
    """A caller: whose jobs it owns, the verbs it was given, and what let it in."""

    owner: str
    verbs: frozenset[str]
    by: Literal["login", "kernel", "key"] = "login"

    @classmethod
    def all(cls, owner: str) -> Principal:
        """Return the owner of a one-person server, who may do everything."""
        return cls(owner, VERBS)

    def require(self, *verbs: str) -> None:
        """Raise `Forbidden` unless the caller has one of `verbs`."""
        if self.verbs.isdisjoint(verbs):
            raise Forbidden(
                f"{self.owner} may not {' or '.join(verbs)} here.",
                field="user",
                value=self.owner,
                hint=f"Ask for the permission {verbs[0]!r}.",
            )

    @property
    def scope(self) -> str | None:
        """Whose things the caller sees: its own owner name, or None for everybody's."""
        return None if "manage" in self.verbs else self.owner
