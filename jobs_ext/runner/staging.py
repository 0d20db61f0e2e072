"""Making an attempt ready: its folders, its inputs, its argv and environment."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ..model import argv
from ..model.reasons import ReasonCode
from ..model.steps import in_order
from ..model.tool import Tool
from ..model.work import Work
from ..store.faults import FULL
from ..store.paths import AttemptPaths
from . import environment, inputs, payloads
from .executors import Launch
from .failure import CannotStart, MissingInput
from .scripts import script_command
from .spare import SpareFolders

_PAYLOADS = Path(payloads.__file__).parent
_WARM = str(_PAYLOADS / "warm.py")


#: Fetches the inputs of a job into a folder; returns the job with their paths.
Fetch = Callable[[Work, Path], Work]


class Plan(Struct, frozen=True):
    """What an attempt is and where: all of it follows from its `Work`."""

    work: Work
    tool: Tool | None
    at: AttemptPaths
    kind: str  # what it comes down to: command, script, notebook, function or steps

    @property
    def key(self) -> str:
        """The attempt's name in executors and journal."""
        return f"{self.work.id}/{self.work.attempt}"

    @property
    def lane(self) -> str:
        """The place on the machine it takes, maybe in turns with others."""
        return self.work.lane or self.key

    @property
    def private(self) -> bool:
        """Whether it has a folder of its own."""
        return self.tool is not None or self.work.options.cwd == "private"

    @property
    def plain(self) -> bool:
        """Whether nothing has to lie in its folder, and nothing but its logs is likely to.

        Those are then kept as they are: one that sets a limit to them is not plain.
        """
        kinds = ("command", "script")
        return self.kind in kinds and self._bare and not self.work.parts  # these are linked into it

    @property
    def passing(self) -> bool:
        """Whether nothing but a value and its logs is likely to be in its folder at its end.

        The folder may then be another attempt's.
        """
        return self.kind == "function" and self._bare

    @property
    def _bare(self) -> bool:
        options = self.work.options
        more = options.outputs or self.work.archive or options.max_log_size
        return not (self.private or more)

    @property
    def cwd(self) -> str:
        """The folder it runs in."""
        if self.private:
            return self.at.text("work")
        chosen = self.work.options.cwd
        return chosen if os.path.isabs(chosen) else self.work.context.cwd or "/"  # noqa: PTH117

    @property
    def request(self) -> str:
        """The folder of what a payload reads and says.

        A function's is the attempt's own: to make one more takes longer than many a function.
        """
        return self.at.text("" if self.kind == "function" else "request")

    @property
    def python(self) -> str:
        """The interpreter that was settled at submit."""
        return self.work.context.python or sys.executable

    @property
    def file(self) -> Path:
        """The script or notebook it runs."""
        of = self.work.target if self.tool is None else self.tool
        folder = self.work.context.cwd if self.tool is None else self.tool.folder
        return Path(folder or "/", str(getattr(of, self.kind)))


def plan(work: Work, at: AttemptPaths) -> Plan:
    """Return the plan of a claimed or recovered attempt."""
    tool = None if work.tool is None else msgspec.convert(work.tool, Tool)
    return Plan(work, tool, at, work.target.kind if tool is None else _kind(tool))


def _kind(tool: Tool) -> str:
    if tool.steps:
        return "steps"
    kinds = ("command", "script", "notebook", "function")
    return next(kind for kind in kinds if isinstance(getattr(tool, kind), str | list))


def stage(one: Plan, spares: SpareFolders, fetch: Fetch | None = None) -> Launch:
    """Make the attempt's folders and files and return how to start it.

    The folder of a plain one is left to who starts it. `fetch` is for one that reads what it
    names by URI (`fetch.uris_of`).

    Raises `CannotStart` when an input is gone or the disk does not take it.
    """
    try:
        _make_folders(one, spares)
        if fetch is not None:
            work = fetch(one.work, one.at.folder / "fetched")
            one = msgspec.structs.replace(one, work=work)
        if one.private:
            inputs.link_mounts(one.work, one.at.work)
        arguments = inputs.resolve(one.work, one.at, *_names(one.tool))
        if one.private:
            inputs.copy_inputs(one.work, one.at.work)
        return _launch(one, arguments)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = error.strerror if isinstance(error, OSError) else error
        full = isinstance(error, OSError) and error.errno in FULL
        code = ReasonCode.DISK_FULL if full else ReasonCode.CANNOT_START
        raise CannotStart(f"could not be made ready: {why}", code) from error


def _names(tool: Tool | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return a tool's inputs, and the names of files that it writes into its folder."""
    if tool is None:
        return frozenset(), frozenset()
    return frozenset(tool.inputs), frozenset(output.path for output in tool.outputs.values())


def _make_folders(one: Plan, spares: SpareFolders) -> None:
    folder = one.at.text()
    if os.path.lexists(folder):  # it was claimed before, and not started
        shutil.rmtree(folder)
    elif not os.path.isdir(os.path.dirname(folder)):  # noqa: PTH112, PTH120 - hot
        one.at.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if one.plain:
        return
    if one.passing:
        spares.take_whole(folder)
        return
    one.at.folder.mkdir(mode=0o700)
    spares.take(one.at.outputs)
    if one.private:
        one.at.work.mkdir()
    if one.kind in ("notebook", "steps"):
        one.at.request.mkdir()
    if one.kind == "steps":
        one.at.steps.mkdir()


def _launch(one: Plan, arguments: dict[str, Any]) -> Launch:
    own = environment.own(one.work, one.at)
    if one.tool is not None and one.tool.pass_as == "environment":  # noqa: S105
        own = argv.as_environment(arguments) | own
    shared = environment.shared(one.work)
    if one.kind == "notebook":
        own["PYTHONPATH"] = _module_path(one, shared)
    command = _argv(one, arguments)
    if not command or not command[0]:  # made of optional arguments, and none was given
        raise ValueError("nothing is left of its command")
    return Launch(
        key=one.key,
        lane=one.lane,
        argv=command,
        cwd=one.cwd,
        stdout=one.at.text("stdout"),
        stderr=one.at.text("stderr"),
        alive=one.at.text("alive"),
        environment=own,
        shared=shared,
        memory=one.work.memory,
        parent=_parent(one, command, shared),
        folder=one.at.text() if one.plain else None,
    )


def _parent(one: Plan, command: list[str], shared: dict[str, str]) -> list[str]:
    """Return the argv of a process that can fork the attempt, [] when there is no such thing.

    A notebook's is kernel and client in one: it is no kernel as the environment wants it when
    that has a say in how Python starts, as far as the client must not listen.
    """
    if one.kind == "function":
        shared_worker = one.work.options.workers == "shared"
        return [one.python, _WARM, "share" if shared_worker else "fork", command[1]]
    if one.kind == "notebook" and not any(map(_changes_python, shared)):
        return [sys.executable, _WARM, "fork", command[2]]
    return []


def _changes_python(name: str) -> bool:
    return name.startswith("PYTHON") and name != "PYTHONUNBUFFERED"


def _argv(one: Plan, arguments: dict[str, Any]) -> list[str]:
    match one.kind:
        case "function":
            return _function(one, arguments)
        case "notebook":
            return _notebook(one, arguments)
        case "script":
            return _script(one, arguments)
        case "steps":
            return _steps(one, arguments)
        case _ if one.tool is not None:
            return argv.tool_command(one.tool, arguments)
        case _:
            command = one.work.target.command
            return argv.ad_hoc_command(list(command or ()), arguments)


def _script(one: Plan, arguments: dict[str, Any]) -> list[str]:
    """Return the argv: a tool's under its Python, one's own under its ``#!`` line unless told."""
    if not one.file.is_file():
        raise MissingInput("the script", one.file)
    insist = one.tool is not None or one.work.options.python is not None
    started = script_command(one.file, one.python, insist=insist)
    if one.tool is not None and one.tool.pass_as == "environment":  # noqa: S105
        return started
    return [*started, *argv.script_options(one.tool, arguments)]


def _function(one: Plan, arguments: dict[str, Any]) -> list[str]:
    path = list(one.work.context.path)
    if one.tool is None:
        function = {"pickle": one.work.parts[str(one.work.target.function)]}
    else:
        module, _, name = str(one.tool.function).partition(":")
        function = {"module": module, "name": name}
        path = [one.tool.folder] if one.tool.folder else []
    call = {"function": function, "arguments": arguments, "path": path}
    _write_call(one, call | {"parts": one.work.parts, "outputs": one.work.outputs_of})
    payload = str(_PAYLOADS / "function.py")
    return [one.python, payload, one.request]


def _notebook(one: Plan, arguments: dict[str, Any]) -> list[str]:
    """Return the argv of the payload: it runs under this very Python, the cells under a kernel."""
    if not one.file.is_file():
        raise MissingInput("the notebook", one.file)
    call = {
        "notebook": str(one.file),
        "output": str(one.at.outputs / one.file.name),
        "cwd": one.cwd,
        "parameters": arguments,
        "kernels": _kernels(one),
        "kernel_dirs": _kernel_dirs(),
        "python": one.work.context.python if one.tool is None else None,
        "path": [*one.work.context.path, str(one.file.parent)],
    }
    _write_call(one, call)
    payload = str(_PAYLOADS / "notebook.py")
    return [sys.executable, "-E", payload, one.request]


def _steps(one: Plan, arguments: dict[str, Any]) -> list[str]:
    """Return the argv of the payload that runs a tool's steps; it needs no package."""
    assert one.tool is not None
    groups = [
        [
            {
                "name": step.name,
                "argv": argv.step_command(one.tool, step, arguments),
                "inputs": step.inputs,
                "stdout": step.stdout,
                "outputs": {n: out.path for n, out in step.outputs.items() if out.required},
                "good": [0, *step.success_codes],
                "stop": step.stop_codes,
                "missing": step.missing,
            }
            for step in group
        ]
        for group in in_order(one.tool.steps)
    ]
    _write_call(one, {"folder": str(one.at.steps), "groups": groups})
    return [sys.executable, "-I", str(_PAYLOADS / "steps.py"), one.request]


def _kernels(one: Plan) -> list[str | None]:
    """Return the kernels to try: the one asked for, else the notebook's own ("*"), and so on."""
    asked = one.work.options.kernel or (one.tool.kernel if one.tool else None)
    return [asked] if asked else ["*", one.work.context.kernel, "python3"]


def _kernel_dirs() -> list[str]:
    """Return where this server's kernelspecs lie; the job's own environment may differ."""
    from jupyter_core.paths import jupyter_path

    return [str(folder) for folder in jupyter_path("kernels")]


def _module_path(one: Plan, shared: dict[str, str]) -> str:
    """Return a PYTHONPATH on which modules beside the notebook are found."""
    inherited = shared.get("PYTHONPATH")
    folders = [*one.work.context.path, str(one.file.parent), *([inherited] if inherited else [])]
    return os.pathsep.join(dict.fromkeys(folders))


def _write_call(one: Plan, call: dict[str, Any]) -> None:
    with open(f"{one.request}/call.json", "wb", buffering=0) as file:  # noqa: PTH123 - hot
        file.write(json.dumps(call).encode())
