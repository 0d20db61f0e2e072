"""The tables of a batch's jobs, put under each other with their parameters beside them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from jobs_ext.model.job import Job
from jobs_ext.model.view import show_value

from .errors import InvalidRequest
from .frames import imported

CHOICES = ("raise", "skip", "row")


def check_missing(missing: str) -> None:
    """Raise `InvalidRequest` unless `missing` is one of the choices."""
    if missing not in CHOICES:
        raise InvalidRequest(
            f"missing is {' or '.join(map(repr, CHOICES))}.", field="missing", value=missing
        )


def combined(
    jobs: list[Job], tables: Mapping[str, Any], parameters: list[str], missing: str
) -> Any:
    """Return one pandas frame of `tables` (by job id), in the order of `jobs`.

    First the `parameters`, then the tables' own columns, then ``job``. Jobs without a table are
    left out with a warning, or have one row of their own when `missing` is "row".
    """
    pandas = imported("pandas")
    absent = [job for job in jobs if job.id not in tables]
    if absent and missing == "skip":
        warnings.warn(_left_out(absent, len(jobs)), stacklevel=3)
        jobs = [job for job in jobs if job.id in tables]
    blank = pandas.DataFrame(index=[0])
    blocks = [_plain_index(tables.get(job.id, blank)) for job in jobs]
    frame = pandas.concat(blocks, ignore_index=True, sort=False) if blocks else pandas.DataFrame()
    own = set(frame.columns)
    for place, name in enumerate(parameters):
        values = [_shown(job.arguments.get(name)) for job in jobs]
        frame.insert(place, f"param.{name}" if name in own else name, _repeated(values, blocks))
    frame["job.id" if "job" in frame.columns else "job"] = _repeated([j.id for j in jobs], blocks)
    return frame


def with_parameters(frame: Any, arguments: list[dict[str, Any]], parameters: list[str]) -> Any:
    """Return a frame of one row per job, its columns behind those of what varies."""
    own = set(frame.columns)
    for place, name in enumerate(parameters):
        values = [_shown(one.get(name)) for one in arguments]
        column = imported("pandas").Series(values, dtype=_dtype(values))
        frame.insert(place, f"param.{name}" if name in own else name, column)
    return frame


def _plain_index(table: Any) -> Any:
    """Return `table` with an index that says something, by name or by words, as a column."""
    index = table.index
    says = index.nlevels > 1 or index.name is not None or index.dtype.kind not in "iu"
    return table.reset_index() if says and len(table) else table


def _repeated(values: list[Any], blocks: list[Any]) -> Any:
    """Return each job's value once per row of its block, as a column."""
    pairs = zip(values, blocks, strict=True)
    return imported("pandas").Series(
        [value for value, block in pairs for _ in range(len(block))], dtype=_dtype(values)
    )


def _dtype(values: list[Any]) -> str | None:
    """Return object for values pandas can't put into one plain column; else let it choose."""
    mixed = any(isinstance(value, list | dict) for value in values)
    return "object" if mixed or not values else None


def _shown(value: Any) -> Any:
    """Return a parameter for its column: an uploaded number or a reference by its text."""
    if not isinstance(value, dict) or not ("$part" in value or "$output" in value):
        return value
    text = show_value(value)
    try:
        return float(text)  # NaN, or a NumPy number; a Python number is not uploaded
    except ValueError:
        return text


def _left_out(absent: list[Job], total: int) -> str:
    told = ", ".join(f"{job.batch_index} ({job.reason or job.status})" for job in absent[:5])
    more = ", …" if len(absent) > 5 else ""
    return f"{len(absent)} of {total} jobs did not succeed and are left out: {told}{more}"
