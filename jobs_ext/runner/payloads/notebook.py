"""Run a notebook as a job: ``python notebook.py <request folder>``, under the server's Python.

Reads ``call.json`` of the request folder::

    {"notebook": path, "output": path, "cwd": folder, "parameters": {name: JSON},
     "kernels": [names to try, in order], "kernel_dirs": [folders of kernelspecs],
     "python": the submitter's interpreter or null, "path": [folders of modules]}

The executed copy is written to `output` after every cell. A failing cell keeps its error, gets
the tag ``jobs-failed``, and is named in the request folder's ``error.json``.

Forked from a warm parent, this process forks the kernel in turn, when that would run under the
same interpreter: ``ipykernel`` is imported already.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import keyword
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FAILED_TAG = "jobs-failed"
INJECTED_TAG = "injected-parameters"  # papermill's name, which other tools know
_PLOTS = "matplotlib.pyplot"
WORTHWHILE = ("numpy", "pandas", _PLOTS)  # a warm parent imports them once a kernel did
_FORKING = "jobs_forking"  # forking.py, as a warm parent imports it
_SHELF = "jobs_shelf"  # shelf.py, the same
_NEEDED = """
    nbclient jupyter_client.provisioning.local_provisioner tornado.platform.asyncio tornado.queues
    ipykernel.kernelapp ipykernel.kernelspec ipykernel.debugger IPython.core.debugger pydoc
    IPython.core.completerlib IPython.extensions.storemagic IPython.utils.wildcard sqlite3
    IPython.core.oinspect IPython.core.logger psutil faulthandler
""".split()  # noqa: SIM905 - a list to be read
_PYTHONS = {"python", "python3", f"python{sys.version_info.major}.{sys.version_info.minor}"}


class NotebookError(Exception):
    """The notebook can't be run as asked; says why."""


def preload() -> None:
    """Import what every notebook needs, its kernel included. For a warm parent."""
    for name in _NEEDED:
        with contextlib.suppress(ImportError):  # another version does without
            importlib.import_module(name)
    for name in (_FORKING, _SHELF):
        file = Path(__file__).with_name(f"{name.removeprefix('jobs_')}.py")
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is not None and spec.loader is not None:
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
    sys.modules[_FORKING].find_provisioners()


def load(name: str) -> None:
    """Import one that is worthwhile. For a warm parent."""
    if name == _PLOTS:
        sys.modules[_SHELF].lay_matplotlib_aside()
    else:
        importlib.import_module(name)


def folders(request: str) -> list[str]:
    """Return where the notebook may find modules. For a warm parent."""
    return list(json.loads(Path(request, "call.json").read_text())["path"])


def main(request_folder: str) -> int:
    """Run the notebook and return the exit code: 1 when it failed."""
    request = Path(request_folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    call = json.loads((request / "call.json").read_text())
    try:
        run(call)
    except Failure as failure:
        report(request, failure.said)
    except Exception as error:  # noqa: BLE001 - not a notebook, no such kernel, …
        report(request, {"type": type(error).__name__, "message": str(error), "traceback": ""})
    else:
        return 0
    return 1


class Failure(Exception):
    """A cell failed; `said` is what error.json gets.

    `code` is how its kernel ended, when it did: minus the number of a signal, or the exit code.
    """

    def __init__(
        self, cell: int, kind: str, message: str, trace: str, code: int | None = None
    ) -> None:
        super().__init__(message)
        self.said = {"cell": cell, "type": kind, "message": message, "traceback": trace}
        self.said |= {} if code is None else {"code": code}


def report(request: Path, said: dict[str, Any]) -> None:
    """Say what failed, on stderr and in the request folder."""
    where = f"cell {said['cell']} failed: " if "cell" in said else ""
    trace = said["traceback"] + "\n" if said["traceback"] else ""
    sys.stderr.write(f"{trace}{where}{said['type']}: {said['message']}\n")
    write(request / "error.json", json.dumps(said))


def run(call: dict[str, Any]) -> None:
    """Execute all cells, keeping the executed copy up to date."""
    import nbformat

    notebook = nbformat.read(call["notebook"], as_version=4)  # type: ignore[no-untyped-call]
    name, specs = find_kernel(call, notebook)
    spec = specs.get_kernel_spec(name)
    inject(notebook, call["parameters"], spec.language)
    forking = sys.modules.get(_FORKING)  # not there unless this is a fork itself
    forked = {} if forking is None else forking.use_fork(spec)
    with kernel_folder() as folder:
        client = make_client(notebook, name, specs, folder, forked)
        try:
            with client.setup_kernel(cleanup_kc=True, cwd=call["cwd"]):
                run_cells(client, notebook, Path(call["output"]))
                client.set_widgets_metadata()
        finally:
            save(notebook, Path(call["output"]))


def find_kernel(call: dict[str, Any], notebook: Any) -> tuple[str, Any]:
    """Return the name of the first wanted kernel that is installed, and where to find it.

    One of another language does not stand in for the notebook's own.
    """
    from jupyter_client.kernelspec import NoSuchKernel

    specs = kernel_specs(call["kernel_dirs"], call["python"])
    theirs = notebook.metadata.get("kernelspec", {})
    own, language = theirs.get("name"), theirs.get("language", "").lower()
    wanted = [own if name == "*" else name for name in call["kernels"]]
    for name in filter(None, wanted):
        with contextlib.suppress(NoSuchKernel):
            spec = specs.get_kernel_spec(name)
            if name == wanted[0] or language in ("", spec.language.lower()):
                return name, specs
    known = ", ".join(sorted(specs.find_kernel_specs())) or "none"
    raise NotebookError(f"there is no kernel {next(filter(None, wanted))!r} here; known: {known}")


def kernel_specs(folders: list[str], python: str | None) -> Any:
    """Return a finder of kernelspecs in `folders` and in the environment of `python`.

    A kernelspec of that environment that says just "python" means its own, not ours.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    if python is None:
        return KernelSpecManager(kernel_dirs=folders)
    own: str = python
    theirs = Path(own).parent.parent / "share" / "jupyter" / "kernels"

    class Specs(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> Any:
            spec = super().get_kernel_spec(kernel_name)
            inside = Path(spec.resource_dir).is_relative_to(theirs)
            if inside and spec.argv and spec.argv[0] in _PYTHONS:
                spec.argv = [own, *spec.argv[1:]]
            return spec

    return Specs(kernel_dirs=[*folders, str(theirs)])


@contextlib.contextmanager
def kernel_folder() -> Iterator[Path]:
    """Yield a private folder for the kernel's sockets, with a name short enough for them."""
    folder = Path(tempfile.mkdtemp(prefix="jobs-"))
    if len(os.fsencode(folder)) > 70:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="jobs-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_client(notebook: Any, name: str, specs: Any, folder: Path, options: dict[str, Any]) -> Any:
    """Return a client that starts kernel `name` over ipc and copies its streams to ours.

    `options` are further ones of the kernel's manager.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class Client(NotebookClient):
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] == "stream":
                stream = getattr(sys, msg["content"]["name"])
                stream.write(msg["content"]["text"])
                stream.flush()
            return super().process_message(msg, cell, cell_index)

    manager = AsyncKernelManager(
        kernel_name=name,
        kernel_spec_manager=specs,
        transport="ipc",
        connection_file=str(folder / "kernel.json"),
        **options,
    )
    return Client(notebook, km=manager, timeout=None, startup_timeout=120)


def run_cells(client: Any, notebook: Any, output: Path) -> None:
    """Execute the cells in their order; raise `Failure` at the first that fails."""
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    total = sum(is_code(cell) for cell in notebook.cells)
    number = 0  # among the notebook's own code cells
    for index, cell in enumerate(notebook.cells):
        number += is_code(cell)
        try:
            client.execute_cell(cell, index)
        except CellExecutionError as error:
            mark(cell)
            raise Failure(number, error.ename, error.evalue, error.traceback) from None
        except DeadKernelError:
            mark(cell)
            raise Failure(number, "DeadKernelError", "the kernel died", "", ended(client)) from None
        if is_code(cell):
            save(notebook, output)
            tell_progress(number, total)


def ended(client: Any) -> int | None:
    """Return how a client's kernel ended; None where that is not known."""
    code = getattr(getattr(client.km.provisioner, "process", None), "returncode", None)
    return code if isinstance(code, int) else None


def is_code(cell: Any) -> bool:
    """Tell whether a cell is one of the notebook's own code cells."""
    return cell.cell_type == "code" and INJECTED_TAG not in tags(cell)


def tags(cell: Any) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", []))


def mark(cell: Any) -> None:
    """Tag the cell that failed."""
    cell.metadata["tags"] = [*tags(cell), FAILED_TAG]


def inject(notebook: Any, parameters: dict[str, Any], language: str) -> None:
    """Put a cell with the parameters after the one tagged ``parameters``, else first.

    A cell that an earlier run injected is replaced.
    """
    notebook.cells = [cell for cell in notebook.cells if INJECTED_TAG not in tags(cell)]
    if not parameters:
        return
    if language.lower() != "python":
        raise NotebookError(f"parameters can't be passed to a notebook in {language}")
    from nbformat.v4 import new_code_cell

    cell = new_code_cell(assignments(parameters), metadata={"tags": [INJECTED_TAG]})  # type: ignore[no-untyped-call]
    if notebook.nbformat_minor < 5:
        cell.pop("id", None)
    tagged = [i for i, cell in enumerate(notebook.cells) if "parameters" in tags(cell)]
    notebook.cells.insert(tagged[0] + 1 if tagged else 0, cell)
    if not tagged:
        names = ", ".join(parameters)
        sys.stderr.write(
            f"No cell is tagged 'parameters': {names} is set in front of the first cell, "
            "which may set it again.\n"
        )
    elif unknown := parameters.keys() - names_in(notebook.cells[tagged[0]].source):
        sys.stderr.write(
            f"The cell tagged 'parameters' does not mention {', '.join(sorted(unknown))}.\n"
        )


def names_in(source: str) -> set[str]:
    """Return the words of a cell that may be names."""
    return set(re.findall(r"[^\W\d]\w*", source))


def assignments(parameters: dict[str, Any]) -> str:
    """Return Python source that sets the parameters; values are literals, never spliced text."""
    for name in parameters:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise NotebookError(f"{name!r} can't be a parameter: it is not a Python name")
    lines = [f"{name} = {value!r}" for name, value in parameters.items()]
    return "\n".join(["# Parameters of this job", *lines])


def save(notebook: Any, path: Path) -> None:
    """Write the notebook as it is now."""
    import nbformat

    write(path, nbformat.writes(notebook))  # type: ignore[no-untyped-call]


def write(path: Path, text: str) -> None:
    """Write a file so that nobody sees half of it."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def tell_progress(done: int, total: int) -> None:
    """Append to the file that the runner reads."""
    line = json.dumps({"fraction": done / total, "message": f"cell {done} of {total}"})
    with open(os.environ["JOBS_PROGRESS"], "a") as file:  # noqa: PTH123
        file.write(line + "\n")


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's folder
    sys.exit(main(sys.argv[1]))
