"""The files an attempt reads: references become paths, a private folder gets its inputs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ..model.work import Work
from ..service.files import is_unchanged, whole_path
from ..service.references import MAIN
from ..store.paths import VALUES, AttemptPaths
from .failure import ChangedInput, MissingInput, MissingOutput

Arguments = dict[str, Any]

_MODULES = (".py", ".pyc", ".so")  # what Python imports: a kernel also from the folder it runs in


def resolve(
    work: Work,
    at: AttemptPaths,
    tool_inputs: frozenset[str],
    written: frozenset[str] = frozenset(),
) -> Arguments:
    """Return the arguments with paths for all references; a tool's inputs lie in its folder.

    `written` are names that the tool writes there: it would write into an input of such a name.
    Of a function uploads stay references, and so does what other functions return: its own
    interpreter reads them.
    """
    found: Arguments = {}
    for name, value in work.arguments.items():
        if name in tool_inputs:
            found[name] = _staged(work, at, name, value, written)
        else:
            found[name] = _resolved(work, at, name, value)
    return found


def _staged(work: Work, at: AttemptPaths, name: str, value: Any, written: frozenset[str]) -> Any:
    """Return an input as named in the work folder, where a link to it is made."""
    if value is None:
        return None
    if isinstance(value, list):
        return [_staged(work, at, name, one, written) for one in value]
    source = _source(work, name, value)
    return _link(at.work, source, _file_name(source, value), written)


def _link(folder: Path, source: Path, filename: str, written: frozenset[str] = frozenset()) -> str:
    """Link `source` into `folder` under its own name; return that, as one types it there."""
    apart = filename in written or _is_loaded(filename)
    target = _free(folder, filename, apart=apart)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source)
    typed = str(target.relative_to(folder))
    return f"./{typed}" if typed.startswith("-") else typed


def _free(folder: Path, filename: str, *, apart: bool) -> Path:
    """Return where no file is yet: of inputs of one name each has a folder of its own.

    So has one that is to lie `apart`. The folders of a name are taken in order, so the first free
    one is found by halving.
    """

    def place(number: int) -> Path:
        return folder / f"input-{number}" / filename if number else folder / filename

    def is_taken(number: int) -> bool:
        return (apart and number == 0) or os.path.lexists(place(number))

    if not is_taken(0):
        return place(0)
    taken, free = 0, 1
    while is_taken(free):
        taken, free = free, 2 * free
    while free - taken > 1:
        middle = (taken + free) // 2
        taken, free = (middle, free) if is_taken(middle) else (taken, middle)
    return place(free)


def _is_loaded(filename: str) -> bool:
    """Tell whether programs load a file of this name unasked: ``.Rprofile``, ``numpy.py``."""
    return filename.startswith(".") or filename.lower().endswith(_MODULES)


def _file_name(source: Path, value: Any) -> str:
    """Return what a file is called: an upload's own name, else the last part of its path."""
    given = value.get("filename") if isinstance(value, dict) else None
    name = Path(str(given or "")).name
    return source.name if name in ("", "..") else name


def _resolved(work: Work, at: AttemptPaths, name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(work, at, name, one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$output" in value:
        path = _source(work, name, value)
        output = value["$output"].get("name", MAIN)
        return value if _is_value(work, at, output, path) else str(path)
    if "$part" not in value:
        return {key: _resolved(work, at, name, one) for key, one in value.items()}
    if work.target.kind == "function" and "dataset" not in value:  # which others may have written
        return value
    source = _source(work, name, value)
    return str(at.request / _link(at.request, source, _file_name(source, value)))


def _is_value(work: Work, at: AttemptPaths, name: str, path: Path) -> bool:
    """Tell whether a function gets what is in a file: the value that another function returned.

    It lies in the attempt's own folder or beside that (see `AttemptPaths.value`), where no tool
    makes a file, and which no node is given.
    """
    if work.target.kind != "function" or name != MAIN:
        return False
    folder, file = path.parent, path.name
    if file not in VALUES:
        attempt, _, file = file.partition(".")
        folder = folder / attempt
    is_ours = folder.parent.parent == at.folder.parent.parent
    return is_ours and file in VALUES and folder.name.rpartition("-")[2].isdigit()


def _source(work: Work, name: str, value: Any) -> Path:
    """Return the file a value stands for; raise `CannotStart` when it is not there."""
    if isinstance(value, dict) and "$output" in value:
        wanted = f"{value['$output']['job']}/{value['$output'].get('name', MAIN)}"
        if wanted not in work.outputs_of:
            raise MissingOutput(f"the input {name}", *wanted.split("/", 1))
        path = Path(work.outputs_of[wanted])
    elif isinstance(value, dict):
        path = Path(work.parts[value["$part"]])
    else:
        path = whole_path(str(value), work.context.cwd or "/")
    return _as_submitted(work, f"the input {name}", path)


def _as_submitted(work: Work, what: str, path: Path) -> Path:
    """Return `path`; raise `MissingInput`, or `ChangedInput` when it was edited since the submit.

    One that was only touched, or written anew with the same bytes, is as it was.
    """
    if not path.is_file():
        raise MissingInput(what, path)
    before = work.inputs.get(str(path))
    if before is not None and not is_unchanged(path, before):
        raise ChangedInput(what, path)
    return path


def link_mounts(work: Work, folder: Path) -> None:
    """Link the folders of ``mounts=`` into the private folder."""
    for name, source in work.options.mounts.items():
        if not Path(source).is_dir():
            raise MissingInput(f"the folder to mount as {name}", source)
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)


def copy_inputs(work: Work, folder: Path) -> None:
    """Copy the files of ``inputs=`` into the private folder, times included."""
    for given in work.options.inputs:
        source = Path(work.context.cwd or "/", given)
        _as_submitted(work, "an input", source)
        shutil.copy2(source, folder / source.name)
        os.chmod(folder / source.name, 0o600 | source.stat().st_mode)  # noqa: PTH101 - a copy is the job's
