"""Lists of jobs and tools that show themselves as tables and turn into frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from jobs_ext.model.bulk import MOST, Handled
from jobs_ext.model.tool import Tool
from jobs_ext.model.view import MIME, mime_bundle_data, view_model

from . import frames, static
from .wire import References

if TYPE_CHECKING:
    from .job import Job

_JOB_COLUMNS = (
    "id",
    "name",
    "target",
    "status",
    "reason_code",
    "reason",
    "created",
    "started",
    "stopped",
)

_JSON = {"Content-Type": "application/json"}
_MOST_LIVE = 100  # jobs of a list that moves; of more there is a table


class JobList(list["Job"], References):
    """Jobs, newest first; those of a batch in their order, and what varies: `parameters`."""

    def __init__(self, jobs: Iterable[Job], parameters: Sequence[str] = ()) -> None:
        super().__init__(jobs)
        self.parameters = list(parameters)

    def each(self) -> list[Job]:
        """Return the jobs, for what they are an argument of."""
        return list(self)

    def _rows(self) -> list[dict[str, Any]]:
        snapshots = [job._snapshot or job.refresh() for job in self]
        return [
            {name: getattr(s, name) for name in _JOB_COLUMNS}
            | {"status": str(s.status), "target": s.target.name}
            | {"duration": s.attempts[-1].duration if s.attempts else None}
            for s in snapshots
        ]

    def df(self) -> Any:
        """Return one row per job; times are UTC, ``duration`` is the last attempt's in seconds.

        Of jobs of a batch it begins with a column for each parameter that varies.
        """
        from . import combine

        pandas = frames.imported("pandas")
        frame = pandas.DataFrame(self._rows(), columns=[*_JOB_COLUMNS, "duration"])
        for name in ("created", "started", "stopped"):
            frame[name] = pandas.to_datetime(frame[name], utc=True)
        return combine.with_parameters(frame, [job.arguments for job in self], self.parameters)

    def cancel(self) -> Handled:
        """Cancel those that have not ended; returns with which it went well, and why not else."""
        return self._all("cancel")

    def reset(self) -> Handled:
        """Let those that FAILED run once more, likewise."""
        return self._all("reset")

    def delete(self) -> Handled:
        """Put all into the trash, cancelling what runs, likewise; `reinstate` takes it back."""
        return self._all("delete")

    def reinstate(self) -> Handled:
        """Take those out of the trash that are in it, likewise."""
        return self._all("reinstate")

    def _all(self, verb: str) -> Handled:
        done = Handled([], [])
        for start in range(0, len(self), MOST):
            some = msgspec.json.encode({"ids": [job.id for job in self[start : start + MOST]]})
            answer = self[0].client.connection.request(
                "POST", f"jobs/bulk/{verb}", data=some, headers=_JSON
            )
            told = msgspec.json.decode(answer.content, type=Handled)
            done = Handled(done.ids + told.ids, done.refused + told.refused)
        return done

    def _repr_html_(self) -> str:
        rows = [
            [r["name"], r["status"], r["reason"] or "", r["created"], r["id"]] for r in self._rows()
        ]
        return static.table(["name", "status", "reason", "created", "id"], rows)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """Return the table and, of no more jobs than a notebook should keep, the live list."""
        data: dict[str, Any] = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        if 0 < len(self) <= _MOST_LIVE:
            items = [view_model(job._snapshot or job.refresh()) for job in self]
            server = self[0].client.connection.info.server
            data[MIME] = mime_bundle_data({"kind": "jobs", "items": items}, server)
        return data

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "<no jobs>"


class ToolList(list[Tool]):
    """Tools, and what is wrong with the files of those that could not be read."""

    def __init__(self, tools: list[Tool], problems: list[dict[str, Any]]) -> None:
        super().__init__(tools)
        self.problems = problems

    def _rows(self) -> list[list[str]]:
        return [[t.id, _title(t), ", ".join(t.inputs), ", ".join(t.parameters)] for t in self]

    def df(self) -> Any:
        """Return one row per tool."""
        columns = ["id", "title", "inputs", "parameters"]
        return frames.imported("pandas").DataFrame(self._rows(), columns=columns)

    def _told(self) -> list[str]:
        return [problem_line(problem) for problem in self.problems]

    def _repr_html_(self) -> str:
        made = static.table(["tool", "title", "inputs", "parameters"], self._rows())
        if not self.problems:
            return made
        return made + static.table(["could not be read"], [[told] for told in self._told()])

    def __repr__(self) -> str:
        lines = [f"{t.id}: {_title(t)} ({', '.join([*t.inputs, *t.parameters])})" for t in self]
        return "\n".join(lines + self._told()) or "<no tools>"


def _title(tool: Tool) -> str:
    return tool.title if tool.enabled else f"{tool.title} (switched off)".lstrip()


def problem_line(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with a tool's file, as compilers write it: file:line: message."""
    line = problem.get("line")
    place = f"{problem.get('file')}:{line}" if line else str(problem.get("file"))
    return f"{place}: {problem.get('message')}"
