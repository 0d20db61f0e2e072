"""What is installed where: the server extension, the front end, and each kernel's environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import jupyter_config_path, jupyter_path
from jupyter_server.config_manager import BaseJSONConfigManager

from .. import __version__
from .finding import Finding, error, ok, warning

_PATIENCE = 60.0  # seconds for an interpreter to answer
_NEEDS = {"ipykernel": "run notebooks", "cloudpickle": "send functions"}
_QUESTION = """
import importlib.metadata, importlib.util, json, sys
found = {name: importlib.util.find_spec(name) is not None for name in sys.argv[1:]}
try:
    version = importlib.metadata.version("jobs_ext")
except importlib.metadata.PackageNotFoundError:
    version = None
print(json.dumps({"found": found, "version": version}))
"""


def check_extension() -> Iterator[Finding]:
    """Say whether Jupyter Server loads the extension."""
    enabled: Any = None
    for folder in reversed(jupyter_config_path()):  # the first one wins
        config = BaseJSONConfigManager(config_dir=folder).get("jupyter_server_config")
        enabled = (
            config.get("ServerApp", {}).get("jpserver_extensions", {}).get("jobs_ext", enabled)
        )
    if enabled:
        yield ok("server extension", "enabled")
        return
    yield error(
        "server extension",
        f"Jupyter Server is {'told not to load' if enabled is False else 'not told to load'} "
        "jobs_ext.",
        "Without it there are no jobs.",
        "jupyter server extension enable jobs_ext",
    )


def check_front_end() -> Iterator[Finding]:
    """Say whether JupyterLab has the front end, of this version, and may load it."""
    found = [Path(folder) / "jobs-ext" / "package.json" for folder in jupyter_path("labextensions")]
    there = next((file for file in found if file.is_file()), None)
    if there is None:
        yield warning(
            "front end",
            "JupyterLab does not have the extension jobs-ext.",
            "Jobs run, but cards don't move and there is no panel.",
            "pip install --force-reinstall jobs_ext, in the environment of JupyterLab.",
        )
        return
    version = json.loads(there.read_text()).get("version")
    if version != __version__:
        yield warning(
            "front end",
            f"The front end in {there.parent} is version {version}, this is {__version__}.",
            "Cards and the panel may not show what the server says.",
            "pip install -U jobs_ext there, and reload the browser's tab.",
        )
    elif _is_disabled():
        yield warning(
            "front end",
            "The front end is disabled.",
            "Cards don't move and there is no panel.",
            "jupyter labextension enable jobs-ext",
        )
    else:
        yield ok("front end", f"version {version}")


def _is_disabled() -> bool:
    for folder in jupyter_config_path():
        try:
            page = json.loads((Path(folder) / "labconfig" / "page_config.json").read_text())
        except (OSError, ValueError):
            continue
        told = page.get("disabledExtensions", {})
        if (told.get("jobs-ext") if isinstance(told, dict) else "jobs-ext" in told) is not None:
            return bool(told.get("jobs-ext")) if isinstance(told, dict) else "jobs-ext" in told
    return False


def check_kernels() -> Iterator[Finding]:
    """Say of every kernel whether its environment has what jobs need."""
    specs = KernelSpecManager().get_all_specs()
    for name, told in sorted(specs.items()):
        spec = told["spec"]
        argv = spec.get("argv") or [""]
        if str(spec.get("language", "")).lower() == "python":
            yield _python(f"kernel {name}", _program(argv[0]), spec.get("env") or {})


def _program(word: str) -> str:
    """Return the interpreter a kernelspec means: Jupyter takes a bare python for its own."""
    return sys.executable if word in ("python", "python3") else word


def _python(check: str, python: str, environment: Mapping[str, str]) -> Finding:
    try:
        asked = subprocess.run(
            [python, "-c", _QUESTION, *_NEEDS],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        )
        told = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as trouble:
        return error(
            check,
            f"{python} does not run: {trouble}.",
            "Neither notebooks nor functions of this kernel can be jobs.",
            "Repair that environment, or jupyter kernelspec remove "
            + check.removeprefix("kernel "),
        )
    missing = [module for module, found in told["found"].items() if not found]
    if missing:
        purposes = " or ".join(_NEEDS[module] for module in missing)
        return error(
            check,
            f"{python} has no {', '.join(missing)}.",
            f"It can't {purposes}.",
            f"{python} -m pip install {' '.join(missing)}",
        )
    return _version(check, python, told["version"])


def _version(check: str, python: str, version: str | None) -> Finding:
    if version == __version__:
        return ok(check, f"{python}, jobs_ext {version}")
    has = f"jobs_ext {version}" if version else "no jobs_ext"
    return warning(
        check,
        f"{python} has {has}; this is {__version__}.",
        "Cells of this kernel submit by it." if version else "Its cells can't import jobs_ext.",
        f"{python} -m pip install jobs_ext=={__version__}",
    )
