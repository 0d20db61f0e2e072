"""Outputs: what a job left, and that nothing else is handed out under their names."""

from __future__ import annotations

import os
from pathlib import Path

from ..model.errors import NotFound
from ..model.job import Output
from ..store import jobs as job_rows
from ..store.contents import Spec
from ..store.jobs import JobRow
from .core import Core
from .files import is_file
from .hints import did_you_mean
from .principal import Principal


class Outputs:
    """The outputs of a job's latest attempt."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, who: Principal, job_id: str) -> list[Output]:
        """Return the outputs of a job, by name."""
        who.require("read")
        with self._core.store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            return self._core.present(connection, [row])[0].outputs

    def find(self, who: Principal, job_id: str, name: str) -> Output:
        """Return an output whose file is there; `NotFound` says what is wrong otherwise.

        A file in the attempt's folder must really lie there, also behind symbolic links. In the
        submitter's own folder a link is as good as a file: it is how people lay out their data.
        """
        who.require("read")
        with self._core.store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            files = job_rows.outputs(connection, [row]).get(row.pk, [])
            spec = self._core.specs.load(connection, [row.spec])[row.spec]
        last = max((file.attempt for file in files), default=0)
        for file in files:
            if file.name == name and file.attempt == last:
                output = job_rows.to_output(file)
                self._check(row, file.attempt, spec, output)
                return output
        known = sorted({file.name for file in files if file.attempt == last})
        raise NotFound(
            f"The job has no output {name!r}.",
            field="name",
            value=name,
            hint=did_you_mean(name, known),
        )

    def _check(self, row: JobRow, attempt: int, spec: Spec, output: Output) -> None:
        path = Path(output.path or "")
        folder = self._core.store.paths.attempt(row.id, attempt).folder
        inside = _lies_in(path, folder) or (
            not path.is_relative_to(folder) and _belongs_to(job_folder(spec), output.name, path)
        )
        if not inside or not is_file(path):
            raise NotFound(
                f"The output {output.name!r} is no longer there.",
                field="name",
                value=output.name,
                hint=f"Its file was {path}.",
            )


def _lies_in(path: Path, folder: Path) -> bool:
    return _real(path).is_relative_to(_real(folder))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # `resolve` raises for links that run in a circle


def _belongs_to(folder: Path, name: str, path: Path) -> bool:
    """Tell whether a pattern found `path` in `folder`, maybe behind a link that lies there."""
    named = Path(os.path.abspath(folder / name))  # noqa: PTH100 - `resolve` would follow links
    seen = named.is_relative_to(folder) and _real(named) == _real(path)
    return seen or _lies_in(path, folder)


def job_folder(spec: Spec) -> Path:
    """Return the folder of the submitter in which a job that is not private runs."""
    named = Path(spec.options.cwd)
    return named if named.is_absolute() else Path(spec.base)
