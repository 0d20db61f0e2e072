"""Grants: what others than its owner may do with a job."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

WORLD = "world"  # stands for everybody who is let in


class Right(StrEnum):
    """What one may do with a job. Its owner, and who may manage, have every right."""

    READ = "read"  # see it: status, history, logs, outputs, changes; wait for it; use its outputs
    WRITE = "write"  # cancel, hold, release, change, delete it; its grants, notices, outputs
    EXECUTE = "execute"  # reset it; rerun it, as a job of one's own
    OWN = "own"  # purge it; never granted


class Grant(Struct, frozen=True):
    """What one user, or `world`, may do."""

    grantee: str  # a user name, or world
    read: bool = True  # always: the other two need it
    write: bool = False  # cancel and change it, too; of a tool: its grants
    execute: bool = False  # rerun or reset it, too; of a tool: submit it

    @property
    def rights(self) -> frozenset[Right]:
        """The rights it gives."""
        return frozenset(right for right in Right if getattr(self, right, False))


class GrantRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``PUT …/grants/{grantee}``: it replaces what was granted before."""

    read: bool = True  # can't be false: without any right, delete the grant
    write: bool = False  # cancel and change it, too; of a tool: its grants
    execute: bool = False  # rerun or reset it, too; of a tool: submit it
