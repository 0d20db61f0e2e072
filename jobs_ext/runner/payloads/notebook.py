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

import atexit
import contextlib
import importlib
import json
import keyword
import os
import queue
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FAILED_TAG = "jobs-failed"
INJECTED_TAG = "injected-parameters"  # papermill's name, which other tools know
WORTHWHILE = ("numpy", "pandas")  # a warm parent imports them once a kernel did
_NEEDED = """
    nbclient jupyter_client.provisioning.local_provisioner tornado.platform.asyncio tornado.queues
    ipykernel.kernelapp ipykernel.kernelspec ipykernel.debugger IPython.core.debugger pydoc
    IPython.core.completerlib IPython.extensions.storemagic IPython.utils.wildcard sqlite3
""".split()  # noqa: SIM905 - a list to be read
_LAUNCHER = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]  # what a fork stands for
_SOON = 1.0  # seconds in which a kernel that was asked to end mostly does
_PYTHONS = {"python", "python3", f"python{sys.version_info.major}.{sys.version_info.minor}"}


class NotebookError(Exception):
    """The notebook can't be run as asked; says why."""


def preload() -> None:
    """Import what every notebook needs, its kernel included. For a warm parent."""
    for name in _NEEDED:
        with contextlib.suppress(ImportError):  # another version does without
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
    """A cell failed; `said` is what error.json gets."""

    def __init__(self, cell: int, kind: str, message: str, trace: str) -> None:
        super().__init__(message)
        self.said = {"cell": cell, "type": kind, "message": message, "traceback": trace}


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
    forked = use_fork(ForkedKernel()) if can_fork(spec) else {}
    with kernel_folder() as folder:
        client = make_client(notebook, name, specs, folder, forked)
        try:
            with client.setup_kernel(cleanup_kc=True, cwd=call["cwd"]):
                run_cells(client, notebook, Path(call["output"]))
                client.set_widgets_metadata()
        finally:
            save(notebook, Path(call["output"]))


def find_kernel(call: dict[str, Any], notebook: Any) -> tuple[str, Any]:
    """Return the name of the first wanted kernel that is installed, and where to find it."""
    from jupyter_client.kernelspec import NoSuchKernel

    specs = kernel_specs(call["kernel_dirs"], call["python"])
    own = notebook.metadata.get("kernelspec", {}).get("name")
    wanted = [own if name == "*" else name for name in call["kernels"]]
    for name in filter(None, wanted):
        with contextlib.suppress(NoSuchKernel):
            specs.get_kernel_spec(name)
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


def can_fork(spec: Any) -> bool:
    """Tell whether a fork of this process can be the kernel: it has the same interpreter."""
    if "ipykernel.kernelapp" not in sys.modules or spec.env:
        return False
    python, *arguments = spec.argv
    same = python in _PYTHONS or python == sys.executable
    return same and arguments == _LAUNCHER and "kernel_provisioner" not in spec.metadata


class ForkedKernel:
    """A kernel, forked before this process has threads and loops; waits until it is wanted.

    Has what `subprocess.Popen` has, as far as `jupyter_client` uses it.
    """

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        self.returncode: int | None = None
        orders, self._orders = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self._orders)
            serve_kernel(orders)
        os.close(orders)

    def begin(self, cmd: list[str], env: dict[str, str], cwd: str) -> None:
        """Let it become what `cmd` would be."""
        with open(self._orders, "w") as file:  # noqa: PTH123
            json.dump({"argv": cmd[cmd.index(_LAUNCHER[1]) :], "env": env, "cwd": cwd}, file)

    def wait_for(self, sockets: list[Path]) -> None:
        """Wait until it listens; zmq, when it comes too early, waits for a tenth of a second."""
        while self.poll() is None and not all(path.exists() for path in sockets):
            time.sleep(0.002)

    def wait_for_end(self, seconds: float) -> None:
        """Wait until it has ended, but not for long."""
        end = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < end:
            time.sleep(0.002)

    def poll(self) -> int | None:
        """Return how it ended, None when it has not."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int | None:
        """Return how it ended."""
        return self._wait(0)

    def _wait(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def serve_kernel(orders: int) -> None:
    """Be the kernel, in a fork, as ``python -m ipykernel_launcher`` would be. Does not return."""
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with open(orders) as file:
        text = file.read()
    if text:
        order = json.loads(text)
        os.environ.clear()
        os.environ.update(order["env"], JPY_PARENT_PID=str(os.getppid()))
        os.chdir(order["cwd"])
        sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        sys.argv = order["argv"]
        app = IPKernelApp.instance(parent_handle=os.getppid())
        app.initialize()  # type: ignore[no-untyped-call]
        app.start()  # type: ignore[no-untyped-call]
        # It would wait for its threads, which may wait for one another; the process ends anyway.
        atexit.unregister(app.close)
    sys.exit(0)


def sockets_of(manager: Any) -> list[Path]:
    """Return where the kernel of a manager is going to listen, over ipc."""
    names = ("shell", "iopub", "stdin", "hb", "control")
    return [Path(f"{manager.ip}-{getattr(manager, f'{name}_port')}") for name in names]


def use_fork(kernel: ForkedKernel) -> dict[str, Any]:
    """Let `jupyter_client` use this kernel instead of starting one; return its manager's options.

    What `jupyter_client` waits for in steps of a tenth of a second and more is heard of sooner.
    """
    from jupyter_client.asynchronous import AsyncKernelClient
    from jupyter_client.provisioning.factory import KernelProvisionerFactory
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    class Provisioner(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
            kernel.begin(cmd, kwargs["env"], kwargs["cwd"])
            kernel.wait_for(sockets_of(self.parent))
            self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid  # type: ignore[assignment]
            return self.connection_info

        async def shutdown_requested(self, restart: bool = False) -> None:
            kernel.wait_for_end(_SOON)

    class Factory(KernelProvisionerFactory):
        def create_provisioner_instance(self, kernel_id: str, kernel_spec: Any, parent: Any) -> Any:
            return Provisioner(kernel_id=kernel_id, kernel_spec=kernel_spec, parent=parent)

    class Client(AsyncKernelClient):
        async def wait_for_ready(self, timeout: float | None = None) -> None:
            await until_ready(self)

    KernelProvisionerFactory.clear_instance()
    Factory.instance()  # the one that managers ask
    return {"client_factory": Client}


async def until_ready(client: Any) -> None:
    """Wait until a forked kernel answers, and is heard on all channels, or has ended.

    What it has said before needs no flush: it is not about a cell.
    """
    while await client.is_alive():
        client.kernel_info()
        with contextlib.suppress(queue.Empty):
            await client.shell_channel.get_msg(timeout=1)
            await client.iopub_channel.get_msg(timeout=0.2)
            return
    raise RuntimeError("the kernel died before it was ready")


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
            raise Failure(number, "DeadKernelError", "the kernel died", "") from None
        if is_code(cell):
            save(notebook, output)
            tell_progress(number, total)


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
