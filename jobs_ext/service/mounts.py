"""Folders of the server that appear in a job's private folder, to be read and written."""

from __future__ import annotations

from pathlib import Path, PurePath

from ..model.errors import Forbidden, InvalidRequest
from ..model.policy import Policy
from ..model.request import Options
from ..model.tool import Tool
from ..store.paths import Paths
from .files import is_folder, lies_in
from .principal import Principal
from .reach import may_run
from .references import is_filename

_MOST = 100
WHERE = "filesystems"  # folder, in that of the job, below which file systems appear


def check_mounts(
    who: Principal, policy: Policy, options: Options, tool: Tool | None, paths: Paths
) -> None:
    """Raise unless a job may have the folders of its option ``mounts``.

    Who may only submit tools has no other folders than their own file systems: a tool could be
    made to write over anything else. They appear below a folder that holds nothing else: in the
    job's own, ``numpy`` with an ``__init__.py`` would be imported in place of NumPy.
    """
    if not options.mounts:
        return
    if tool is None and options.cwd != "private":
        raise _refused("mounts are for private folders, and this job runs in yours", options.mounts)
    if len(options.mounts) > _MOST:
        raise _refused(f"A job can have {_MOST} mounts", len(options.mounts))
    far, own = may_run(who, policy), paths.filesystems(who.owner)
    taken = {PurePath(path).name for path in options.inputs}
    for name, folder in options.mounts.items():
        _check_name(name, options.mounts)
        if name.split("/")[0] in taken:
            raise _refused(f"An input is called {name.split('/')[0]}, too", folder, name)
        if not Path(folder).is_absolute() or not is_folder(Path(folder)):
            raise _refused(f"There is no folder {folder} on the server", folder, name)
        if not far:
            _check_own(who, name, folder, own)


def _check_own(who: Principal, name: str, folder: str, own: Path) -> None:
    """Raise `Forbidden` unless it is a file system of the caller's, where file systems appear."""
    if lies_in(Path(folder), own) and name.startswith(f"{WHERE}/"):
        return
    raise Forbidden(
        f"{who.owner} may mount their own file systems only, as {WHERE}/NAME.",
        field=f"options.mounts.{name}",
        value=folder,
        hint="Ask for the permission 'run'.",
    )


def _check_name(name: str, all_of_them: dict[str, str]) -> None:
    parts = name.split("/")
    good = all(is_filename(part) and part not in ("", ".", "..") for part in parts)
    if not good:
        raise _refused(f"{name!r} is no relative path", name, name)
    below = ["/".join(parts[:length]) for length in range(1, len(parts))]
    if any(other in all_of_them for other in below):
        raise _refused(f"{name!r} lies in another mount", name, name)


def _refused(why: str, value: object, name: str = "") -> InvalidRequest:
    field = f"options.mounts.{name}" if name else "options.mounts"
    hint = 'Give e.g. mounts={"data": "/srv/data"}, with cwd="private".'
    return InvalidRequest(f"{why}.", field=field, value=value, hint=hint)
