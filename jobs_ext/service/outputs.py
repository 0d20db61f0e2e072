"""Outputs: what a job left, and that nothing else is handed out under their names."""

from __future__ import annotations

import builtins
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from ..model.errors import NotFound
from ..model.filters import OUTPUT_FIELDS
from ..model.job import Job, Output, Page
from ..store import cursors
from ..store import events as event_rows
from ..store import jobs as job_rows
from ..store import outputs as rows
from ..store.contents import Spec
from ..store.jobs import JobRow
from . import leavings
from .core import Core
from .files import is_file, lies_in, real_path
from .hints import did_you_mean
from .narrowing import Narrowing
from .principal import Principal

_NAMED = 500  # outputs among which one is looked for that is meant by a name nobody has


class Numbered(NamedTuple):
    """An output by its number, which is its own among those of all jobs."""

    name: str
    number: int
    media_type: str


class Outputs:
    """The outputs of a job: those of its latest attempt unless another is named."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        who: Principal,
        job_id: str,
        attempt: int | None = None,
        limit: int = 100,
        cursor: str | None = None,
        filter: str | None = None,  # noqa: A002 - what it is called everywhere
        *,
        so_far: bool = False,
    ) -> Page[Output]:
        """Return one page of the outputs of a job that a filter finds, by name.

        With `so_far` the files that an attempt under way has written are among them; they may
        still grow, and what they are is known when it has ended.
        """
        who.require("read")
        asked = Narrowing(filter, OUTPUT_FIELDS, limit)
        with self._core.store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            number = _attempt(connection, row, attempt)
            written = self._written(connection, row, number) if so_far else {}
            files, following = job_rows.output_page(connection, row.pk, number, asked.step, cursor)
        known = {file.name: job_rows.to_output(file) for file in files}
        if written:
            after = "" if cursor is None else cursors.decode_name(cursor, "outputs")
            last = files[-1].name if following else None
            more = {n: o for n, o in written.items() if n > after and (last is None or n <= last)}
            known = dict(sorted((more | known).items()))
        return asked.page([*known.values()], following, _cursor)

    def _written(self, connection: Connection, row: JobRow, number: int) -> dict[str, Output]:
        """Return the files that the latest attempt has written, by name, while it is under way."""
        tries = job_rows.attempts(connection, [row]).get(row.pk, [])
        if not tries or tries[-1].number != number or tries[-1].status.final:
            return {}
        spec = self._core.specs.load(connection, [row.spec])[row.spec]
        tool = self._core.specs.tool(connection, row.spec)
        private = tool is not None or spec.options.cwd == "private"
        at = self._core.store.paths.attempt(row.id, number)
        return {
            one.name: Output(
                one.name,
                one.media_type,
                one.size,
                main=one.main,
                path=str(one.path),
                raw=one.raw,
            )
            for one in leavings.so_far(at, tool, None if private else job_folder(spec))
        }

    def numbers(self, jobs: Iterable[Job]) -> dict[str, builtins.list[Numbered]]:
        """Return, by job id, the outputs of the jobs' last attempts with their numbers, in order.

        They tell outputs apart for clients that know nothing but numbers (UFDL).
        """
        known = {job.pk: job for job in jobs if job.attempts}
        found: dict[str, builtins.list[Numbered]] = {job.id: [] for job in known.values()}
        wanted = [(pk, job.attempts[-1].number) for pk, job in known.items()]
        if not wanted:
            return found
        with self._core.store.read() as connection:
            for row in rows.numbered(connection, wanted):
                found[known[row.job_pk].id].append(Numbered(row.name, row.number, row.media_type))
        return found

    def times(self, jobs: Iterable[Job]) -> dict[str, dict[str, str]]:
        """Return, by job id and name, when outputs of jobs were last added, or found."""
        found: dict[str, dict[str, str]] = {}
        with self._core.store.read() as connection:
            for event in event_rows.of_jobs(connection, [job.id for job in jobs], "outputs"):
                of_job = found.setdefault(str(event.job), {})
                of_job.update(dict.fromkeys(event.data.get("names", ()), event.time))
        return found

    def numbered(self, who: Principal, number: int) -> tuple[str, str]:
        """Return the job's id and the name of the output with a number; raises `NotFound`."""
        who.require("read")
        with self._core.store.read() as connection:
            row = rows.of_number(connection, number)
            if row is None:
                raise NotFound(f"There is no output {number}.", field="output", value=number)
            job = self._core.job_row(connection, who, row.id)
            if row.attempt != _attempt(connection, job, None):
                raise NotFound(
                    f"The output {number} is one of an earlier attempt.",
                    field="output",
                    value=number,
                )
            return row.id, row.name

    def find(
        self,
        who: Principal,
        job_id: str,
        name: str,
        attempt: int | None = None,
        *,
        so_far: bool = False,
    ) -> Output:
        """Return an output whose file is there; `NotFound` says what is wrong otherwise.

        With `so_far` also a file that an attempt under way has written.

        A file in the attempt's folder must really lie there, also behind symbolic links. In the
        submitter's own folder a link is as good as a file: it is how people lay out their data.
        """
        who.require("read")
        with self._core.store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            number = _attempt(connection, row, attempt)
            file = job_rows.find_output(connection, row.pk, number, name)
            spec = self._core.specs.load(connection, [row.spec])[row.spec]
            some = [] if file else job_rows.output_page(connection, row.pk, number, _NAMED, None)[0]
            written = {} if file or not so_far else self._written(connection, row, number)
        if name in written:
            self._check(row, number, spec, written[name], None)
            return written[name]
        if file is None:
            raise unknown(name, [known.name for known in some])
        output = job_rows.to_output(file)
        self._check(row, number, spec, output, file.archive)
        return output

    def find_all(
        self, who: Principal, job_id: str, patterns: Sequence[str] = ()
    ) -> builtins.list[Output]:
        """Return the outputs whose names match one of the patterns (all without any), by name.

        Their files are there; `NotFound` for one whose file is not, and for patterns that match
        nothing.
        """
        page = self.list(who, job_id, limit=_NAMED)
        names = [output.name for output in page.items]
        while page.next is not None:
            page = self.list(who, job_id, limit=_NAMED, cursor=page.next)
            names += [output.name for output in page.items]
        chosen = [name for name in names if not patterns or _matches(name, patterns)]
        if patterns and not chosen:
            raise NotFound(
                "No output has such a name.",
                field="match",
                value=[*patterns],
                hint=did_you_mean(patterns[0], names),
            )
        return [self.find(who, job_id, name) for name in chosen]

    def each_of(
        self, who: Principal, jobs: Sequence[str], patterns: Sequence[str] = ()
    ) -> Iterator[tuple[str, Output]]:
        """Yield the outputs of several jobs, each with its job's id, as `find_all` has them.

        A job that has none of such a name is passed over.
        """
        for job_id in jobs:
            try:
                found = self.find_all(who, job_id, patterns)
            except NotFound as error:
                if error.field != "match":
                    raise
                continue
            yield from ((job_id, output) for output in found)

    def _check(
        self, row: JobRow, attempt: int, spec: Spec, output: Output, root: str | None
    ) -> None:
        """Raise `NotFound` unless the file is there: an archived one below `root`."""
        path = Path(output.path or "")
        at = self._core.store.paths.attempt(row.id, attempt)
        folder = at.folder
        own = (folder, *at.values, self._core.store.paths.given(row.id))
        if root is not None:
            inside = lies_in(path, Path(root))
        else:
            inside = any(lies_in(path, one) for one in own) or (
                not path.is_relative_to(folder) and _belongs_to(job_folder(spec), output.name, path)
            )
        if not inside or not is_file(path):
            raise NotFound(
                f"The output {output.name!r} is no longer there.",
                field="name",
                value=output.name,
                hint=f"It was archived as {output.archive}." if root else f"Its file was {path}.",
            )


def _cursor(output: Output) -> str:
    return cursors.encode("outputs", output.name)


def _attempt(connection: Connection, row: JobRow, wanted: int | None) -> int:
    """Return the number of the attempt that is meant, 0 before the first."""
    numbers = [one.number for one in job_rows.attempts(connection, [row]).get(row.pk, [])]
    if wanted is None:
        return numbers[-1] if numbers else 0
    if wanted not in numbers:
        raise NotFound(
            f"The job has no attempt {wanted}.",
            field="attempt",
            value=wanted,
            hint=f"It has had {len(numbers)} so far.",
        )
    return wanted


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def unknown(name: str, known: Collection[str]) -> NotFound:
    """Return the error that says that there is no output of this name; `known` are those."""
    hint = did_you_mean(name, known)
    return NotFound(f"The job has no output {name!r}.", field="name", value=name, hint=hint)


def _belongs_to(folder: Path, name: str, path: Path) -> bool:
    """Tell whether a pattern found `path` in `folder`, maybe behind a link that lies there."""
    named = Path(os.path.abspath(folder / name))  # noqa: PTH100 - `resolve` would follow links
    seen = named.is_relative_to(folder) and real_path(named) == real_path(path)
    return seen or lies_in(path, folder)


def job_folder(spec: Spec) -> Path:
    """Return the folder of the submitter in which a job that is not private runs."""
    named = Path(spec.options.cwd)
    return named if named.is_absolute() else Path(spec.base)
