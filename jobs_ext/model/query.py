"""What a listing of jobs may ask for."""

from __future__ import annotations

from msgspec import Struct

from .filters import Filter
from .status import Status


class JobQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of a listing; those that are given must all hold.

    Status, tool, batch, name, project, notebook and ids have an index, and so have newest, oldest
    and index. The one that finds fewest is used; for the others, and for `text`, one page looks at
    1,000 jobs at most. A page may so hold fewer than `limit` jobs, even none, and still have a
    `next`.
    """

    filter: str | None = None  # an expression: status = FAILED and name like "sweep%"
    status: list[Status] = []  # any of them
    tool: str | None = None  # name (every version) or name-version
    batch: str | None = None  # id of a batch
    name: str | None = None  # exactly
    project: str | None = None  # name of a project
    notebook: str | None = None  # absolute, or below the server's root, as Jupyter names it
    text: str | None = None  # part of the name, upper or lower case
    ids: list[str] = []  # any of them
    shared: bool | None = None  # true: only what others share; false: only one's own; null: both
    deleted: bool = False  # True: the hidden ones instead of the others
    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    order: str | None = None  # newest, oldest, or fields: -priority,name; in a batch also index


class JobSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A listing whose filter is a tree, or its text."""

    filter: Filter | str | None = None  # which jobs; default: all
    shared: bool | None = None  # true: only what others share; false: only one's own; null: both
    deleted: bool | None = False  # True: the hidden ones instead of the others; null: both
    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    order: str | None = None  # newest, oldest, or fields: -priority,name; in a batch also index


class SortKey(Struct, frozen=True):
    """A field that orders a page; what has no value comes first, descending last."""

    field: str
    descending: bool = False


class Search(Struct, frozen=True, kw_only=True):
    """What is looked for, found good: the one form that the store reads."""

    where: list[Filter] = []  # all of them hold
    shared: bool | None = None
    deleted: bool | None = False
    latest: bool = False  # of a batch: only the jobs that stand for it
    limit: int = 100
    cursor: str | None = None
    order: str = "newest"  # as a cursor names it
    sort: list[SortKey] = []  # when the order is neither newest, oldest nor index
