"""Pages of what a filter finds where no index leads: a bounded number of things is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ..model.filters import Field, Filter
from ..model.job import Page
from .filters import read_filter
from .matching import matching
from .searches import check_limit

STEP = 500  # things that one page with a filter looks at
T = TypeVar("T")


class Narrowing:
    """One page of a listing: at most `limit` things, those that a filter finds.

    With a filter a page may hold fewer than `limit`, even none, and still have a next. Raises
    `InvalidRequest` for a filter or limit that makes no sense.
    """

    def __init__(self, filter: str | None, fields: Mapping[str, Field], limit: int) -> None:  # noqa: A002
        check_limit(limit)
        self._where: Filter | None = read_filter(filter, fields)
        self._limit = limit
        self.step = limit if self._where is None else STEP  # how many to read

    def page(
        self, things: Sequence[T], following: str | None, cursor: Callable[[T], str]
    ) -> Page[T]:
        """Return the page of what was read; `following` is the cursor behind it, if more is there.

        `cursor` makes that of a thing behind which the next page begins.
        """
        found = matching(self._where, things, getattr)
        if len(found) <= self._limit:
            return Page(found, following)
        return Page(found[: self._limit], cursor(found[self._limit - 1]))
