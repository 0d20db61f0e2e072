"""Where a submit comes from: interpreter, folder, module path and environment of this process."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from pathlib import Path

from jobs_ext.model.environment import allowed
from jobs_ext.model.request import Context

from . import origin


def capture() -> Context:
    """Return the context of this process, for a server that shares its file system."""
    return Context(
        python=sys.executable or None,
        cwd=os.getcwd(),  # noqa: PTH109 - the text, as the shell knows it
        environment=environment(),
        path=module_path(),
        version=".".join(map(str, sys.version_info[:3])),
        packages=origin.packages(),
        origin=origin.capture(),
    )


def environment() -> dict[str, str]:
    """Return the variables a job takes over: the model's list and JOBS_EXT_ENVIRONMENT's names."""
    extra = os.environ.get("JOBS_EXT_ENVIRONMENT", "").split(",")
    return allowed(os.environ, (name.strip() for name in extra))


def module_path() -> list[str]:
    """Return the folders on ``sys.path`` that hold the user's own modules, this folder first."""
    here = str(Path.cwd())
    found = [here]
    for entry in sys.path:
        folder = str(Path(entry or here).absolute())
        if folder not in found and not _installed(folder) and Path(folder).is_dir():
            found.append(folder)
    return found


def beside(name: str) -> bool:
    """Tell whether module `name` lies in this folder: then a job gets it as it is now."""
    top = sys.modules.get(name.partition(".")[0])
    file = getattr(top, "__file__", None)
    if not file or name.partition(".")[0] == "jobs_ext":
        return False
    path = Path(file).resolve()
    folder = path.parent.parent if path.name == "__init__.py" else path.parent
    return folder == Path.cwd().resolve()


def _installed(path: str) -> bool:
    return (
        any(Path(path).is_relative_to(place) for place in _places())
        or "site-packages" in path
        or "dist-packages" in path
        or path.endswith(".zip")
    )


@cache
def _places() -> set[str]:
    paths = sysconfig.get_paths()
    return {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
