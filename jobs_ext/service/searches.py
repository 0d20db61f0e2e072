"""What a listing asks for, found good: parameters, text and trees all become one `Search`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..model.errors import InvalidRequest
from ..model.filters import JOB_FIELDS, Compare, Field, Filter, In, Like, Or
from ..model.ids import is_id
from ..model.query import JobQuery, JobSearch, Search, SortKey
from ..store.walks import flat, is_one_batch
from .filters import read_filter
from .hints import did_you_mean
from .resolve import named_notebook

_LARGEST_PAGE = 500
_LONGEST_TEXT = 200
_MOST_KEYS = 5  # fields that one order goes by
_INDEXED_ORDERS = ("newest", "oldest", "index")
_BY_PK = {"-pk": "newest", "pk": "oldest"}


def check_limit(limit: int) -> None:
    """Raise `InvalidRequest` for a page that is too small or too large."""
    if not 1 <= limit <= _LARGEST_PAGE:
        raise InvalidRequest(
            f"limit can't be {limit}.",
            field="limit",
            value=limit,
            hint=f"Give 1 to {_LARGEST_PAGE}.",
        )


def search_of(query: JobQuery, root: str) -> Search:
    """Return what the parameters of a listing stand for; `InvalidRequest` names the wrong one.

    `root` is the server's, below which Jupyter names notebooks.
    """
    if query.notebook is not None:
        query = msgspec.structs.replace(query, notebook=named_notebook(query.notebook, root))
    _check_parameters(query)
    tree = read_filter(query.filter, JOB_FIELDS)
    where = [*_sugar(query), *([] if tree is None else [tree])]
    return _search(query, where, in_batch=query.batch is not None)


def read_search(search: JobSearch) -> Search:
    """Return what the body of a search stands for; `InvalidRequest` names what is wrong in it."""
    tree = read_filter(search.filter, JOB_FIELDS)
    return _search(search, [] if tree is None else [tree], in_batch=False)


def _search(asked: JobQuery | JobSearch, where: list[Filter], *, in_batch: bool) -> Search:
    check_limit(asked.limit)
    order = asked.order or ("index" if in_batch else "newest")
    order = _BY_PK.get(order, order)
    sort = [] if order in _INDEXED_ORDERS else read_order(order, JOB_FIELDS)
    if order == "index" and not any(map(is_one_batch, flat(where))):
        raise InvalidRequest(
            "order can't be index without a batch.",
            field="order",
            value=order,
            hint="Give the batch, or order by newest or oldest.",
        )
    return Search(
        where=where,
        shared=asked.shared,
        deleted=asked.deleted,
        latest=in_batch or order == "index",
        limit=asked.limit,
        cursor=asked.cursor,
        order=order,
        sort=sort,
    )


def read_order(order: str, fields: Mapping[str, Field]) -> list[SortKey]:
    """Return the keys that ``-priority,name`` stands for; `InvalidRequest` for another order."""
    keys = [
        SortKey(one.strip().lstrip("-"), one.strip().startswith("-")) for one in order.split(",")
    ]
    known = [name for name, field in fields.items() if not field.many]
    for key in keys:
        if key.field not in known:
            raise InvalidRequest(
                f"order can't be by {key.field[:100]!r}.",
                field="order",
                value=order,
                hint=did_you_mean(key.field, ["newest", "oldest", *known]),
            )
    if len(keys) > _MOST_KEYS or len({key.field for key in keys}) < len(keys):
        raise InvalidRequest(
            f"order can go by {_MOST_KEYS} different fields.", field="order", value=order
        )
    return keys


def _sugar(query: JobQuery) -> list[Filter]:
    """Return the tests that the plain parameters stand for."""
    found: list[Filter] = []
    plain = {
        "batch": query.batch,
        "name": query.name,
        "project": query.project,
        "notebook": query.notebook,
    }
    found += [Compare(name, "=", value) for name, value in plain.items() if value is not None]
    if query.ids:
        found.append(In("id", [*query.ids]))
    if query.status:
        found.append(In("status", [*map(str, query.status)]))
    if query.tool is not None:
        by_name, by_id = (Compare(name, "=", query.tool) for name in ("tool_name", "tool"))
        found.append(Or([by_name, by_id]))
    if query.text:
        found.append(Like("name", query.text, ignore_case=True))
    return found


def _check_parameters(query: JobQuery) -> None:
    if query.text is not None and len(query.text) > _LONGEST_TEXT:
        raise InvalidRequest(
            f"text may have {_LONGEST_TEXT} characters, as a name has.",
            field="text",
            value=query.text,
        )
    for name, ids in (("ids", query.ids), ("batch", [query.batch] if query.batch else [])):
        for given in ids:
            if not is_id(given):
                raise InvalidRequest(f"{given!r} is not an id.", field=name, value=given)
