"""How many jobs stand where: read from counts that triggers keep, never counted."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ..model.status import Status
from .listing import driver

_NAMES = tuple(map(str, Status))
_SUMS = ", ".join(f"ifnull(sum({status}), 0)" for status in Status)
_OF_ALL = f"SELECT {_SUMS} FROM owner_tally"  # noqa: S608
_OF_OWNER = f"{_OF_ALL} WHERE owner = ?"
_UNMADE = (
    "SELECT ifnull(sum(n_jobs - made), 0) FROM batch INDEXED BY batch_unmade"
    " WHERE made < n_jobs AND owner = ? AND cancel_requested IS NULL"
)
_OF_BATCH = f"SELECT {_SUMS} FROM batch_tally WHERE batch_pk = ?"  # noqa: S608


def of_owner(connection: Connection, owner: str | None) -> dict[str, int]:
    """Return how many jobs of one owner, or of all, stand where; deleted ones don't count."""
    raw = driver(connection)
    found = raw.execute(_OF_ALL) if owner is None else raw.execute(_OF_OWNER, (owner,))
    return _named(found.fetchone())


def unfinished(connection: Connection, owner: str) -> int:
    """Return how many jobs of an owner have not ended, those of batches not made yet too."""
    made = of_owner(connection, owner)
    (unmade,) = driver(connection).execute(_UNMADE, (owner,)).fetchone()
    return int(unmade) + sum(made[status] for status in Status if not status.final)


def of_batch(connection: Connection, pk: int) -> dict[str, int]:
    """Return how many of a batch's jobs that have been made stand where, the latest of each."""
    return _named(driver(connection).execute(_OF_BATCH, (pk,)).fetchone())


def _named(numbers: Iterable[int]) -> dict[str, int]:
    return dict(zip(_NAMES, numbers, strict=True))
