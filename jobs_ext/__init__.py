"""jobs_ext: durable jobs from a Jupyter notebook. ``import jobs_ext as jx``.

Every public name is loaded when it is first used, so that the import itself costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import errors
    from .client.bars import tqdm
    from .client.batch import Batch
    from .client.client import Client
    from .client.completed import as_completed
    from .client.inside import current, output, progress
    from .client.job import Job
    from .client.session import (
        add_tool,
        batches,
        command,
        connect,
        form,
        function,
        get,
        jobs,
        last,
        map,  # noqa: A004
        notebook,
        options,
        script,
        submit,
        tool,
        tools,
        use,
    )
    from .client.sweep import grid, zipped
    from .client.targets import Target
    from .magics import load_ipython_extension
    from .widgets.panel import panel

__version__ = "0.1.0"

#: public name → module that has it
_PLACES = {
    "Batch": "client.batch",
    "Client": "client.client",
    "Job": "client.job",
    "Target": "client.targets",
    "add_tool": "client.session",
    "as_completed": "client.completed",
    "batches": "client.session",
    "command": "client.session",
    "connect": "client.session",
    "current": "client.inside",
    "form": "client.session",
    "function": "client.session",
    "get": "client.session",
    "grid": "client.sweep",
    "jobs": "client.session",
    "last": "client.session",
    "load_ipython_extension": "magics",
    "map": "client.session",
    "notebook": "client.session",
    "options": "client.session",
    "output": "client.inside",
    "panel": "widgets.panel",
    "progress": "client.inside",
    "script": "client.session",
    "submit": "client.session",
    "tool": "client.session",
    "tools": "client.session",
    "tqdm": "client.bars",
    "use": "client.session",
    "zipped": "client.sweep",
}

__all__ = [
    "Batch",
    "Client",
    "Job",
    "Target",
    "add_tool",
    "as_completed",
    "batches",
    "command",
    "connect",
    "current",
    "errors",
    "form",
    "function",
    "get",
    "grid",
    "jobs",
    "last",
    "load_ipython_extension",
    "map",
    "notebook",
    "options",
    "output",
    "panel",
    "progress",
    "script",
    "submit",
    "tool",
    "tools",
    "tqdm",
    "use",
    "zipped",
]


def __getattr__(name: str) -> Any:
    """Load a public name at its first use."""
    import importlib

    if name == "errors":
        found: Any = importlib.import_module(f"{__name__}.client.errors")
    elif name in _PLACES:
        found = getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Tell Jupyter Server where the extension is."""
    import sys

    if sys.platform == "win32":
        raise ImportError("jobs_ext runs on Linux and macOS; it can't run on Windows.")
    from .app import JobsExtension

    return [{"module": "jobs_ext.app", "app": JobsExtension}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the built front end is."""
    return [{"src": "labextension", "dest": "jobs-ext"}]
