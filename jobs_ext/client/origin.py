"""Which notebook and cell submit, at which commit, with which packages: found here, and quickly."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from jobs_ext.model.provenance import Origin

_METADATA = (".dist-info", ".egg-info")
_FRESH = 5.0  # seconds for which what git said holds: a loop of submits asks once
_PATIENCE = 1.0  # seconds for git, which takes longer in very large repositories
_LONGEST = {"notebook": 4096, "cell": 200, "package": 200}  # characters, as the server takes them


def capture() -> Origin:
    """Return what is known of the notebook that this process runs; nothing outside of one."""
    notebook = notebook_path()
    folder = Path(notebook).parent if notebook else Path.cwd()
    commit, dirty = git_state(str(folder), int(time.monotonic() / _FRESH))
    return Origin(_short("notebook", notebook), _short("cell", _cell()), commit, dirty)


def notebook_path() -> str | None:
    """Return the path that Jupyter gave this kernel when it started, or that VS Code gives."""
    here = shell()
    told = here.user_ns.get("__vsc_ipynb_file__") if here is not None else None
    path = told or os.environ.get("JPY_SESSION_NAME", "")
    return path if isinstance(path, str) and path.endswith(".ipynb") else None


def _cell() -> str | None:
    """Return the id of the cell that runs, which JupyterLab sends with it."""
    parent: dict[str, Any] = getattr(shell(), "get_parent", dict)()
    found = parent.get("metadata", {}).get("cellId")
    return found if isinstance(found, str) else None


def shell() -> Any:
    """Return IPython's shell if this is one, else None; it is not imported for the question."""
    running = sys.modules.get("IPython")
    return running.get_ipython() if running is not None else None


def _short(name: str, text: str | None) -> str | None:
    return text if text and len(text) <= _LONGEST[name] else None


@lru_cache(maxsize=16)
def git_state(folder: str, _when: int) -> tuple[str | None, bool | None]:
    """Return the commit of the repository that `folder` is in, and whether files differ from it.

    Files that git does not follow do not count. Both are None where there is no commit, no git,
    or git takes too long.
    """
    if not any((one / ".git").exists() for one in (Path(folder), *Path(folder).parents)):
        return None, None
    ask = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", folder, "status")
    try:
        told = subprocess.run(
            [*ask, "--porcelain=2", "--branch", "--untracked-files=no"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None, None
    lines = told.stdout.splitlines()
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid")), "")
    if not commit or commit == "(initial)":
        return None, None
    return commit, any(not line.startswith("#") for line in lines)


def packages() -> list[str]:
    """Return what is installed for this interpreter, by name: ``numpy 2.1.0``."""
    found: dict[str, str] = {}
    for entry in sys.path:
        folder = entry or "."
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 - a text, many times
        except OSError:
            continue
        for name, version in _installed(folder, changed):
            found.setdefault(name, version)
    told = (f"{name} {version}" for name, version in found.items())
    return sorted(one for one in told if len(one) <= _LONGEST["package"])


@lru_cache(maxsize=64)
def _installed(folder: str, _changed: int) -> list[tuple[str, str]]:
    """Return names and versions of what is installed in a folder, by its folders' names.

    To read their metadata would take a thousand times as long.
    """
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names alone
    except OSError:  # a zip, or not for us to read
        return []
    said = (name.removesuffix(end).split("-") for name in names for end in _METADATA
            if name.endswith(end))  # fmt: skip
    return [(parts[0], parts[1]) for parts in said if len(parts) > 1]
