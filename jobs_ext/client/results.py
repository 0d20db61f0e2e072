"""What a finished job gives back: a function's value, kept values, outputs, one frame."""

from __future__ import annotations

import json
import pickle
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jobs_ext.model import job as model
from jobs_ext.model import media
from jobs_ext.model.status import Status

from . import frames
from .errors import AmbiguousOutput, Forbidden, JobCancelled, JobFailed
from .inside import KIND
from .outputs import OutputFile, Outputs
from .raised import as_raised

if TYPE_CHECKING:
    from .client import Client

#: Function targets whose name starts so are cells: their result is what they kept.
CELL = "%%job "
ERROR = "error.json"
_VALUES = (".json", ".parquet", ".pickle")


def result(client: Client, job: model.Job, *, trust: bool = False) -> Any:
    """Return the result of a job that succeeded, by what it was; else raise `JobFailed`."""
    if job.status is not Status.SUCCEEDED:
        raise failure(client, job)
    outputs = Outputs(client.connection, job)
    if job.target.kind == "function" and not job.target.name.startswith(CELL):
        main = outputs.main()
        return None if main is None else load(client, job, main, trust=trust)
    if job.target.kind in ("function", "notebook"):
        return kept(client, job, outputs, trust=trust)
    return outputs


def kept(client: Client, job: model.Job, outputs: Outputs, *, trust: bool) -> dict[str, Any]:
    """Return the values that a notebook or cell kept with `jx.output`, by name."""
    return {
        PurePosixPath(name).stem: load(client, job, file, trust=trust)
        for name, file in outputs.items()
        if "/" not in name and name != ERROR and name.endswith(_VALUES)
    }


def load(client: Client, job: model.Job, file: OutputFile, *, trust: bool = False) -> Any:
    """Return the value in a file written by a function or by `jx.output`.

    Raises `Forbidden` for a pickle of another owner's job, unless `trust`: loading one runs code.
    """
    form = frames.kind(file.name, file.media_type)
    if form == "application/json":
        return json.loads(file.text())
    if form == "application/vnd.apache.parquet":
        return _table(file)
    if form != media.PICKLE:
        return file
    if job.owner != client.connection.info.owner and not trust:
        raise Forbidden(
            f"{file.name} is a pickle made by {job.owner!r}: loading it runs their code.",
            field="trust",
            hint="If you trust them, pass trust=True.",
        )
    return pickle.loads(file.read())  # noqa: S301 - our own job's, or trusted by word


def _table(file: OutputFile) -> Any:
    """Return a Parquet file as the kind of frame it was written from."""
    import pyarrow.parquet as pq

    kind = (pq.read_schema(file.path).metadata or {}).get(KIND, b"").decode()
    if kind in ("", "pandas"):  # Arrow has to know periods and intervals before it reads them
        import_module("pandas.core.arrays.arrow.extension_types")
        return pq.read_table(file.path).to_pandas()
    table = pq.read_table(file.path)
    if kind == "pyarrow":
        return table
    import polars as pl

    return pl.from_arrow(table)


def frame(
    client: Client,
    job: model.Job,
    output: str | None = None,
    engine: str = "pandas",
    *,
    trust: bool = False,
    **read_options: Any,
) -> Any:
    """Return the one table of a finished job, or the output named.

    In this order: the output named, the declared main one, the frame a function returned, the
    only tabular one, the only one with arrays, the only output. Raises `AmbiguousOutput` naming
    them when none or several could be meant, and `JobFailed` when the job did not come to write it.
    """
    outputs = Outputs(client.connection, job)
    if job.status is not Status.SUCCEEDED and (output is None or output not in outputs):
        raise failure(client, job)
    if output is not None:
        return _of_output(client, job, outputs[output], engine, trust, read_options)
    main, tables = outputs.main(), outputs.tables()
    if main is not None and (not _is_value(job, main) or main in tables):
        return main.df(engine, **read_options)
    value = None if main is None else load(client, job, main, trust=trust)
    if len(tables) == 1 and not frames.is_frame(value):
        return tables[0].df(engine, **read_options)
    made = frames.as_frame(value)
    if made is None or (tables and not frames.is_frame(value)):
        tables = tables or outputs.arrays() or outputs.sole()
        if len(tables) == 1:
            return tables[0].df(engine, **read_options)
        raise _ambiguous(job, outputs, tables)
    return frames.convert(made, engine)


def _of_output(
    client: Client,
    job: model.Job,
    file: OutputFile,
    engine: str,
    trust: bool,
    read_options: dict[str, Any],
) -> Any:
    if file.media_type != media.PICKLE:
        return file.df(engine, **read_options)
    made = frames.as_frame(load(client, job, file, trust=trust))
    if made is None:
        raise AmbiguousOutput(f"{file.name} does not hold a table.", field="output")
    return frames.convert(made, engine)


def _is_value(job: model.Job, file: OutputFile) -> bool:
    """Tell whether `file` is what a function returned, rather than a file a tool declared."""
    return job.target.kind == "function" and file.name.startswith("result.")


def _ambiguous(job: model.Job, outputs: Outputs, tables: list[OutputFile]) -> AmbiguousOutput:
    if tables:
        told = f"has {len(tables)} tables: {', '.join(f.name for f in tables)}"
        return AmbiguousOutput(
            f"Job {job.name!r} {told}.",
            field="output",
            value=[f.name for f in tables],
            hint=f"Name one: df({tables[0].name!r}).",
        )
    names = list(outputs)
    told = f"; its outputs are {', '.join(names)}" if names else " nor any other output"
    return AmbiguousOutput(
        f"Job {job.name!r} has no table{told}.",
        field="output",
        value=names,
        hint=_readable(outputs) if names else _unkept(job),
    )


def _readable(outputs: Outputs) -> str:
    """Return how one of the outputs is read: as the table that its kind may hold, or as a text."""
    for name, file in outputs.items():
        if frames.may_be_tabular(file.name, file.media_type):
            return f"If one may be read as a table, name it: df({name!r})."
    if all(file.media_type == media.PICKLE for file in outputs.values()):
        return "result() gives the value; a frame, an array, a dict or a list of dicts is a table."
    return f"Read one as a text: outputs[{next(iter(outputs))!r}].text()."


def _unkept(job: model.Job) -> str:
    """Return where to look for what a job without outputs made."""
    if job.target.kind in ("command", "script"):
        return (
            "logs() has what it printed; files that it writes are kept where an option names "
            "them: jx.options(outputs=['*.csv'])."
        )
    return "logs() has what it printed."


def failure(client: Client, job: model.Job) -> JobFailed:
    """Return the error that tells why a job has no result, with the end of its log."""
    reason = job.reason or ""
    if job.status is Status.CANCELLED:
        return JobCancelled(f"Job {job.name!r} is CANCELLED: {reason}.", reason=reason)
    if not job.status.final:
        return JobFailed(f"Job {job.name!r} is {job.status}: it has no result yet.", reason=reason)
    told = _error(client, job)
    lines = told.get("traceback", "")
    failed = JobFailed(
        f"Job {job.name!r} failed: {reason or 'no reason is known'}.".replace("..", "."),
        reason=reason,
        log=(job.attempts[-1].log_tail or "") if job.attempts else "",
        remote_traceback="".join(lines) if isinstance(lines, list) else str(lines),
    )
    return as_raised(failed, told, trust=job.owner == client.connection.info.owner)


def _error(client: Client, job: model.Job) -> dict[str, Any]:
    """Return what a function or notebook said that it raised; nothing when it said nothing."""
    outputs = Outputs(client.connection, job)
    told = json.loads(outputs[ERROR].text()) if ERROR in outputs else None
    return told if isinstance(told, dict) else {}
