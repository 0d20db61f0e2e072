"""How much an owner may keep: the policy `max_stored`.

Outputs, uploads and data sets count. Whoever has more submits nothing and uploads nothing until
some of it is purged; a job that was accepted runs, and what it makes is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct
from sqlalchemy import Connection

from ..model.errors import OverQuota
from ..model.policy import Policy
from ..model.quantities import show_bytes
from ..store import stored
from ..store.paths import Paths


class Room(Struct, frozen=True):
    """What an owner may keep, and what of it is left, in bytes."""

    owner: str
    most: int
    left: int  # less than 0: there is more than may be

    def check(self, size: int = 0) -> None:
        """Raise `OverQuota` when `size` bytes more are too many."""
        if size <= self.left:
            return
        raise OverQuota(
            f"{self.owner} keeps {show_bytes(self.most - self.left)} of outputs, uploads and data "
            f"sets, and may keep {show_bytes(self.most)}.",
            field="user",
            value=self.most - self.left + size,
            hint="Purge jobs, or delete data sets that are no longer needed. Policy: max_stored.",
        )


def room_of(connection: Connection, policy: Policy, owner: str) -> Room | None:
    """Return what an owner may still keep; None where there is no limit."""
    most = policy.stored
    return None if most is None else Room(owner, most, most - stored.total(connection, owner))


def check_stored(tx: Connection, policy: Policy, owner: str) -> None:
    """Raise `OverQuota` when an owner keeps more than they may."""
    room = room_of(tx, policy, owner)
    if room is not None:
        room.check()


def check_charge(
    connection: Connection, policy: Policy, owner: str, sizes: Mapping[str, int]
) -> None:
    """Raise what `charge` would of parts, their bytes by hash; they need not be there yet."""
    room = room_of(connection, policy, owner)
    if room is not None:
        known = stored.known_parts(connection, owner, sizes)
        room.check(sum(size for one, size in sizes.items() if one not in known))


def charge(
    tx: Connection, paths: Paths, policy: Policy, owner: str, hashes: Collection[str]
) -> None:
    """Count parts, which are there, as an owner's; raise `OverQuota` when that is too much."""
    stored.add_parts(tx, owner, {one: _size(paths, one) for one in set(hashes)})
    check_stored(tx, policy, owner)


def _size(paths: Paths, part: str) -> int:
    try:
        return paths.parts(part).stat().st_size
    except FileNotFoundError:  # somebody removed it by hand: the job will fail, and say so
        return 0
