"""Option ``cache="reuse"``: a job that equals one that succeeded takes its results over.

Equal is what runs the same code with the same arguments, inputs and variables under the same
interpreter. What a program reads besides, from files or from elsewhere, is not looked at.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.reasons import ReasonCode
from ..model.status import Status
from ..store import jobs as job_rows
from ..store import reuse as rows
from ..store.contents import Spec
from ..store.jobs import JobRow
from ..store.paths import Paths
from .files import open_regular, whole_path
from .references import PART

REUSE = "reuse"
_VERSION = 1  # of what is hashed


class Taken(Struct, frozen=True):
    """A new job that takes over the results of an old one."""

    row: dict[str, Any]
    old: JobRow
    attempt: int  # the old one's last
    files: dict[str, str]  # path of each output, before and after


def is_compared(spec: Spec) -> bool:
    """Tell whether jobs of a request ask to be compared, and can be.

    Those that come after others or are archived are to do so themselves; what lies in mounts, and
    what is written there, is nobody's to compare.
    """
    options = spec.options
    if options.after or options.after_ended or options.archive or options.mounts:
        return False
    return options.cache == REUSE


def _common(spec: Spec) -> list[Any]:
    """Return what a request says of all of its jobs, as far as it makes them equal to others."""
    options = spec.options
    return [
        _VERSION,
        _code(spec),
        [spec.context.python, options.kernel or spec.context.kernel],
        [options.cwd, spec.base if options.cwd == "here" else None],
        [sorted(options.outputs), options.env],
        [[Path(path).name, _file(path, spec)] for path in options.inputs],
    ]


def _key(common: list[Any], arguments: Mapping[str, Any], spec: Spec) -> str:
    said = [common, _resolved(arguments, spec) | _inputs(arguments, spec)]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _code(spec: Spec) -> list[Any]:
    """Return what is run: of files what is in them, of a function what its submitter says."""
    target, tool = spec.target, spec.tool
    if tool is not None:
        folder = Path(tool.get("folder") or ".")
        files = [tool[kind] for kind in ("script", "notebook") if kind in tool]
        return ["tool", tool, [_sha256(folder / name) for name in files]]
    if isinstance(target.function, str):
        code = target.code if isinstance(target.code, str) else spec.parts[target.function]
        return ["function", code]
    for kind in ("script", "notebook"):
        path = getattr(target, kind)
        if isinstance(path, str):
            return [kind, path, _sha256(Path(path))]
    return ["command", target.command]


def _resolved(value: Any, spec: Spec) -> Any:
    """Return a value with the content of uploads in the place of their names.

    In its place stands what the submitter of a pickled one says (`code`): which number a kernel
    gave to a class is part of its content, too.
    """
    if isinstance(value, list):
        return [_resolved(one, spec) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get(PART), str):
        return {PART: value.get("code", spec.parts.get(value[PART]))}
    return {name: _resolved(inner, spec) for name, inner in value.items()}


def _inputs(arguments: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """Return what is in the files that a tool's inputs name."""
    found = {}
    for name in (spec.tool or {}).get("inputs", {}):
        given = arguments.get(name)
        several = given if isinstance(given, list) else [given]
        if any(isinstance(one, str) for one in several):
            found[name] = [
                _file(str(whole_path(one, spec.base)), spec)
                if isinstance(one, str)
                else _resolved(one, spec)
                for one in several
            ]
    return found


def _file(path: str, spec: Spec) -> Any:
    """Return what a file was like at submit: its hash, or of a very large one size and time."""
    known = spec.inputs.get(path)
    if known is None:
        return _sha256(Path(path))
    return known.sha256 or [path, known.size, known.changed]


def _sha256(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def note_keys(spec: Spec, new: Sequence[dict[str, Any]]) -> None:
    """Note in rows of new jobs of a request what they have in common with those that equal them."""
    for row in new:
        row |= {"cache": None, "progress": None}
    if not is_compared(spec):
        return
    try:
        common = _common(spec)
        for row in new:
            row["cache"] = _key(common, msgspec.json.decode(row["arguments"]), spec)
    except (OSError, ValueError):  # a file has gone, or never was one: the start will tell
        return


def take_over(
    tx: Connection, paths: Paths, new: Sequence[dict[str, Any]], time: str
) -> list[Taken]:
    """Let those of the `new` rows that equal a job which succeeded be what that is, from `time` on.

    Their columns are changed, and its files are there under names of their own: either may go
    without the other. To be called before they are inserted, `keep` afterwards.
    """
    waiting = [row for row in new if row["cache"] and _is_to_run(row)]
    if not waiting:
        return []
    equals = rows.succeeded(tx, waiting[0]["owner"], {row["cache"] for row in waiting})
    wanted = [(row, equals[row["cache"]]) for row in waiting if row["cache"] in equals]
    taken = [_taken(tx, paths, row, old, time) for row, old in wanted]
    return [one for one in taken if one is not None]


def _is_to_run(row: Mapping[str, Any]) -> bool:
    return not row["held"] and not Status(row["status"]).final


def _taken(
    tx: Connection, paths: Paths, row: dict[str, Any], old: JobRow, time: str
) -> Taken | None:
    attempt = job_rows.attempts(tx, [old])[old.pk][-1].number
    files = _linked(paths, old.id, row["id"], attempt, rows.outputs(tx, old.pk, attempt))
    if files is None:
        return None
    row |= {
        "status": str(Status.SUCCEEDED),
        "reason_code": str(ReasonCode.REUSED),
        "reason": f"taken over from {old.id}, which was the same",
        "stopped": time,
        "progress": old.progress,  # of a tool with steps: how each of them went
    }
    return Taken(row, old, attempt, files)


def _linked(
    paths: Paths, old: str, new: str, attempt: int, outputs: Iterable[tuple[str, int]]
) -> dict[str, str] | None:
    """Link the files of an attempt under the names of another; None if they are not all there.

    Outputs that lie elsewhere, in a folder of the submitter, stay where they are.
    """
    before, after = paths.attempt(old, attempt), paths.attempt(new, attempt)
    homes = {before.folder: after.folder, paths.given(old): paths.given(new)}
    homes |= dict(zip(before.values, after.values, strict=True))
    moved = {}
    try:
        for path, size in outputs:
            if Path(path).stat().st_size != size:
                return None
            moved[path] = str(_other_name(Path(path), homes))
        for log in (before.stdout, before.stderr):
            if log.exists() and log.stat().st_size:  # an empty one may become another attempt's
                moved[str(log)] = str(_other_name(log, homes))
        for path, name in moved.items():
            _link(path, name)
    except OSError:
        for home in homes.values():
            shutil.rmtree(home, ignore_errors=True)
        for value in after.values:
            value.unlink(missing_ok=True)
        return None
    return moved


def _other_name(path: Path, homes: Mapping[Path, Path]) -> Path:
    for old, new in homes.items():
        if path.is_relative_to(old):
            return new / path.relative_to(old)
    return path


def _link(path: str, name: str) -> None:
    if path != name:
        Path(name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.link(path, name, follow_symlinks=False)


def keep(tx: Connection, taken: Iterable[Taken]) -> None:
    """Note the attempts and outputs of jobs that `take_over` changed, once they are inserted."""
    for one in taken:
        rows.copy(tx, one.old.pk, one.row["pk"], one.attempt, one.files)
