"""What a listing of jobs may ask for."""

from __future__ import annotations

from msgspec import Struct

from .status import Status


class JobQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of a listing; those that are given must all hold.

    Status, tool, batch, name, project and ids have an index, and so has each order. The one that
    finds fewest is used; for the others, and for `text`, one page looks at 1,000 jobs at most. A
    page may so hold fewer than `limit` jobs, even none, and still have a `next`.
    """

    status: list[Status] = []  # any of them
    tool: str | None = None  # name (every version) or name-version
    batch: str | None = None
    name: str | None = None  # exactly
    project: str | None = None
    text: str | None = None  # part of the name, upper or lower case
    ids: list[str] = []
    deleted: bool = False  # True: the hidden ones instead of the others
    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    order: str | None = None  # newest or oldest; None: newest, in a batch by index
