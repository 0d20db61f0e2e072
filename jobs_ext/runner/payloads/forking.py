"""Kernels that a notebook's client forks from itself instead of starting them.

For a client that is a fork of a warm parent, which has imported ``ipykernel`` by this module.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import signal
import sys
import time
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

_LAUNCHER = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]  # what a fork stands for
_PYTHONS = {"python", "python3", f"python{sys.version_info.major}.{sys.version_info.minor}"}
_SOON = 1.0  # seconds in which a kernel that was asked to end mostly does


def use_fork(spec: Any) -> dict[str, Any]:
    """Fork a kernel, if it can be one of this spec, for the manager that is given these options."""
    return use(ForkedKernel()) if can_fork(spec) else {}


def can_fork(spec: Any) -> bool:
    """Tell whether a fork of this process can be the kernel: it has the same interpreter."""
    if spec.env:
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


def find_provisioners() -> Any:
    """Return the one that managers ask, which looked but once what is installed."""
    return KernelProvisionerFactory.instance()


def sockets_of(manager: Any) -> list[Path]:
    """Return where the kernel of a manager is going to listen, over ipc."""
    names = ("shell", "iopub", "stdin", "hb", "control")
    return [Path(f"{manager.ip}-{getattr(manager, f'{name}_port')}") for name in names]


def use(kernel: ForkedKernel) -> dict[str, Any]:
    """Let `jupyter_client` use this kernel instead of starting one; return its manager's options.

    What `jupyter_client` waits for in steps of a tenth of a second and more is heard of sooner.
    """

    class Provisioner(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
            kernel.begin(cmd, kwargs["env"], kwargs["cwd"])
            kernel.wait_for(sockets_of(self.parent))
            self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid  # type: ignore[assignment]
            return self.connection_info

        async def shutdown_requested(self, restart: bool = False) -> None:
            kernel.wait_for_end(_SOON)

    def create(kernel_id: str, kernel_spec: Any, parent: Any) -> Any:
        return Provisioner(kernel_id=kernel_id, kernel_spec=kernel_spec, parent=parent)

    class Client(AsyncKernelClient):
        async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
            await until_ready(self)

    find_provisioners().create_provisioner_instance = create
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
