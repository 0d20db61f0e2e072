"""A view as plain HTML and text: what GitHub, an export or a terminal shows of a job.

No style and no script, so that every sanitiser lets it through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from jobs_ext.model.quantities import show_bytes, show_duration

View = dict[str, Any]


def html(view: View) -> str:
    """Return a view as an HTML table."""
    head = f"<b>{escape(view['title'])}</b> {escape(_state(view))}"
    return f"{head}\n{pairs(_batch_rows(view) if view['kind'] == 'batch' else _job_rows(view))}"


def text(view: View) -> str:
    """Return a view as one line, with the reason on it."""
    return f"<{view['kind']} {view['title']!r} {_state(view)} {view['id']}>"


def _state(view: View) -> str:
    if view["kind"] == "batch":
        told = [f"{n:,} {status}" for status, n in view["counts"].items() if n]
        return ", ".join(told) or "no jobs"
    return f"{view['status']}: {view['reason']}" if view["reason"] else str(view["status"])


def _job_rows(view: View) -> Iterable[tuple[str, str]]:
    yield "target", f"{view['target']['kind']} {view['target']['name']}"
    for argument in view["arguments"]:
        yield argument["name"], argument["text"]
    progress = view["progress"]
    if progress and not view["final"]:
        yield "progress", _progress(progress)
    for step in view.get("steps", ()):
        yield f"step {step['name']}", ": ".join(filter(None, (step["status"], step["reason"])))
    if view["duration"] is not None:
        yield "took", show_duration(view["duration"])
    if view["outputs"]:
        told = [f"{o['name']} ({show_bytes(o['size'])})" for o in view["outputs"]]
        more = view.get("n_outputs", 0) - len(told)
        yield "outputs", ", ".join([*told, f"and {more:,} more"] if more > 0 else told)
    yield "id", view["id"]


def _progress(progress: dict[str, Any]) -> str:
    fraction = progress["fraction"]
    percent = "" if fraction is None else f"{fraction:.0%} "
    return f"{percent}{progress['message']}".strip()


def _batch_rows(view: View) -> Iterable[tuple[str, str]]:
    yield "target", f"{view['target']['kind']} {view['target']['name']}"
    yield "done", f"{view['done']:,} of {view['n_jobs']:,}"
    for same in view["failed"]:
        more = f" and {same['n_jobs'] - 1:,} more" if same.get("n_jobs", 1) > 1 else ""
        yield f"failed: {same['title']}{more}", str(same["reason"] or "")
    yield "id", view["id"]


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values."""
    lines = (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    body = "\n".join(lines)
    return f"<table>\n{body}\n</table>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with a header; every cell is escaped."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = ("".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>"
