"""Argument sets of a batch: what `map` may go over."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .errors import InvalidRequest, WrongArguments

ArgumentSet = dict[str, Any]


def grid(**axes: Iterable[Any]) -> list[ArgumentSet]:
    """Return every combination of the values, the last named varying fastest.

    ``grid(k=[1, 2], text=files)`` gives one argument set per k and file. Raises
    `WrongArguments` for an axis that is one text or not iterable.
    """
    values = _axes(axes)
    return [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())]


def zipped(**axes: Iterable[Any]) -> list[ArgumentSet]:
    """Return the values taken side by side: first with first, second with second.

    Raises `InvalidRequest` when the axes differ in length.
    """
    values = _axes(axes)
    lengths = {name: len(column) for name, column in values.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {n}" for name, n in lengths.items())
        raise InvalidRequest(f"Zipped arguments must be equally long, but {told}.", value=lengths)
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _axes(axes: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
    if not axes:
        raise InvalidRequest("No argument was named.", hint="Write for instance grid(k=[1, 2]).")
    values = {name: _listed(axis, name) for name, axis in axes.items()}
    for name, column in values.items():
        if not column:
            raise InvalidRequest(f"{name} has no values to go over.", field=name)
    return values


def _listed(axis: Any, name: str) -> list[Any]:
    if isinstance(axis, str | bytes) or not isinstance(axis, Iterable):
        raise WrongArguments(f"{name} must be a list of values; for one value write [{axis!r}]")
    return list(axis)


def sets(over: Any, first: Callable[[], str], more: Sequence[Any] = ()) -> list[ArgumentSet]:
    """Return the argument sets `over` stands for.

    A DataFrame gives its rows, a list of dicts itself; the values of any other iterable are for
    the parameter that `first` names. Raises `WrongArguments` for a bare text or dict, None, and
    where there is `more` to go over.
    """
    if more:
        raise WrongArguments(
            "map goes over one thing; for several side by side write jx.zipped(x=[…], y=[…]), for "
            "all combinations jx.grid(x=[…], y=[…]), by the names of the parameters"
        )
    if over is None:
        raise WrongArguments(
            "map needs what varies as an argument without a name: jx.grid(k=[1, 2, 3]), a list or "
            "a frame; named ones are the same for all jobs"
        )
    if isinstance(over, str | bytes):
        raise WrongArguments(f"map goes over many values; for a single one write [{over!r}]")
    if isinstance(over, Mapping):
        raise WrongArguments(
            "map goes over a list; for all combinations of a dict write jx.grid(**it)"
        )
    rows = _rows(over)
    if not rows:
        raise InvalidRequest("There is nothing to map over.", field="arguments", value=[])
    dicts = [isinstance(row, Mapping) for row in rows]
    if all(dicts):
        return [{str(name): value for name, value in row.items()} for row in rows]
    if any(dicts):
        raise WrongArguments("map goes over either dicts or values, not over a mixture of both")
    name = first()
    return [{name: row} for row in rows]


def _rows(over: Any) -> list[Any]:
    if hasattr(over, "columns") and hasattr(over, "to_dicts"):  # polars
        return list(over.to_dicts())
    if hasattr(over, "columns") and hasattr(over, "to_dict"):  # pandas
        return list(over.to_dict("records"))
    if hasattr(over, "to_pylist"):  # pyarrow
        return list(over.to_pylist())
    if not isinstance(over, Iterable):
        raise WrongArguments(f"map goes over a list, a grid or a frame, not over {over!r}")
    return list(over)
