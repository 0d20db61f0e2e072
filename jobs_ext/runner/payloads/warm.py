"""A warm parent: ``python warm.py <fork or share> <payload> <socket's descriptor>``. Linux only.

Imports once what a payload needs and forks a child for every attempt, which becomes what
``python <payload> <arguments>`` would be. Each message on the socket orders one attempt::

    {"key": …, "arguments": […], "cwd": folder, "environment": {its own variables},
     "behind": key of the attempt after whose end it begins, or null}

with its stdout, stderr and ``alive`` file as descriptors. One that is behind another has a ticket,
too, a pipe with one byte: who reads that has the attempt, so that it either begins, which its
``alive`` file then says, or is taken back. An answer is a list of these, one or more to each order;
times are monotonic and since the epoch::

    ["declined", key]            can't be forked as if it were fresh, or taken back; nothing ran
    ["born", key, pid, start, times]  by the child itself, before it runs anything of the attempt
    ["ended", key, status, times]     as of waitpid. Not "born" before: nothing ran
    ["reaped", key, peak memory in KiB, CPU seconds]

"ended" is sent while the child can still be waited for: when this process is killed, its children
become the keeper's, and no end is lost. It ends with its socket, and as soon as what it imported
was changed on the disk.

Asked to share, it does not fork: it runs the attempts itself, one after another. What it has to say
of one that ended goes with the birth of the next, when that waits already.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # what `signal` wraps
import atexit
import contextlib
import gc
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
import types
import warnings
from pathlib import Path
from typing import Any, NoReturn

_MOST = 1 << 18  # bytes of an order
_FILES = 4  # of an order, at most
_MANY = 100  # answers that a worker sends at the latest
_SETTLED = 2.0  # seconds after which a change of a folder shows in its time
_CAN_SHADOW = (".py", ".pyc", ".so")
_FILE = io.IOBase.__mro__[1]  # what all files are; the abstract class is slow to ask
_NO_MODULES = {"__main__", "__init__"}  # a file of this name is not what is imported by it
_AT_START = {"sitecustomize", "usercustomize"}  # imported by a fresh interpreter, where there are


class Imported:
    """What this process has imported, and whether an attempt may build on it."""

    def __init__(self, payload: Any) -> None:
        self._payload = payload
        self._installed = [*filter(os.path.isdir, sys.path), payload.__file__]
        self._found: dict[str, tuple[int, frozenset[str]]] = {}
        self._added: set[str] = set()
        payload.preload()
        self._note()

    def _note(self) -> None:
        self._stamps = self._look()
        self._modules = frozenset(sys.modules) | _AT_START
        gc.collect()
        gc.freeze()

    def _look(self) -> list[int]:
        """Return when what is installed was changed: each installation changes its folder."""
        return [_changed(path) for path in self._installed]

    def is_stale(self) -> bool:
        """Tell whether something was installed since this process imported it."""
        return self._look() != self._stamps

    def suits(self, order: dict[str, Any]) -> bool:
        """Tell whether no module in the attempt's folders has the name of an imported one."""
        folders = [order["cwd"], *self._payload.folders(*order["arguments"])]
        return all(self._modules.isdisjoint(self._modules_in(folder)) for folder in folders)

    def _modules_in(self, folder: str) -> frozenset[str]:
        changed = _changed(folder)
        known = self._found.get(folder)
        if known is not None and known[0] == changed:
            return known[1]
        names = frozenset(_modules_in(folder)) - _NO_MODULES
        if time.time() - changed / 1e9 > _SETTLED:
            self._found[folder] = (changed, names)
        return names

    def add(self, names: set[str]) -> None:
        """Import what children had to import by themselves."""
        for name in names - self._added:
            with contextlib.suppress(Exception):  # it is for a child to fail
                self._payload.load(name)
        self._added |= names
        self._note()

    def lacks(self) -> list[str]:
        """Return, in a child that is done, what is worth to be imported for the next ones."""
        new = (n for n in self._payload.WORTHWHILE if n in sys.modules)
        return [n for n in new if n not in self._modules and n not in self._added]


class Parent:
    """Serves orders; `serve` returns in the children."""

    def __init__(self, payload: Any, control: socket.socket) -> None:
        self._control = control
        self._marks = find_marks()
        self._hints, self._hint = os.pipe()  # children say what they had to import
        self._bell, self._ringer = os.pipe()
        os.set_blocking(self._ringer, False)
        self._keys: dict[int, str] = {}  # of the children, by pid
        self._gates: dict[str, int] = {}  # by key: where to write for the one behind it to begin
        self.imported = Imported(payload)
        signal.set_wakeup_fd(self._ringer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> dict[str, Any] | None:
        """Fork for one order after the other; return the order in a child, None at the end."""
        control = self._control.fileno()
        waiting = [control, self._bell, self._hints]
        while True:
            ready, _, _ = select.select(waiting, [], [])
            if self._bell in ready:
                os.read(self._bell, 4096)
                self._reap()
            if self._hints in ready:
                self.imported.add(set(os.read(self._hints, 4096).decode().split()))
            if control in ready:
                data, files, _, _ = socket.recv_fds(self._control, _MOST, _FILES)
                if not data or self.imported.is_stale():
                    return None
                order: dict[str, Any] = json.loads(data)
                gate = self._gate(order["behind"])
                if self._forked(order):
                    self._become(order, files, gate)
                    return order
                for file in files if gate is None else [*files, gate]:
                    os.close(file)

    def _gate(self, behind: str | None) -> int | None:
        """Return what becomes readable with the end of that attempt; None when it is over."""
        if behind is None or behind not in self._keys.values():
            return None
        if behind in self._gates:  # of one that was taken back: it ends
            os.close(self._gates[behind])
        gate, self._gates[behind] = os.pipe()
        return gate

    def _forked(self, order: dict[str, Any]) -> bool:
        """Fork if the attempt can build on this process; tell whether this is the child."""
        pid = _fork() if self.imported.suits(order) else None
        if pid is None:
            self._send(["declined", order["key"]])
        elif pid:
            self._keys[pid] = order["key"]
        return pid == 0

    def _reap(self) -> None:
        """Tell of the children that ended; take them away only then."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        while self._keys and (ended := os.waitid(os.P_ALL, 0, flags)):
            key = self._keys.pop(ended.si_pid, None)
            if key is None:  # not forked here: something that was imported has begun it
                os.waitpid(ended.si_pid, 0)
                continue
            at = present()
            if key in self._gates:
                self._open(self._gates.pop(key))
            exited = ended.si_code == os.CLD_EXITED
            status = ended.si_status << 8 if exited else ended.si_status
            self._send(["ended", key, status, at])
            _, _, usage = os.wait4(ended.si_pid, 0)
            self._send(["reaped", key, usage.ru_maxrss, usage.ru_utime + usage.ru_stime])

    def _open(self, gate: int) -> None:
        with contextlib.suppress(BrokenPipeError):  # who waited there was killed
            os.write(gate, b".")
        os.close(gate)

    def _send(self, answer: list[Any]) -> None:
        self._control.send(json.dumps([answer]).encode())

    def _become(self, order: dict[str, Any], files: list[int], gate: int | None) -> None:
        """Make this child what a fresh process would be, and tell of it when its time has come."""
        signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # past enums: they are many pages to copy
        for file in (self._hints, self._bell, self._ringer, *self._gates.values()):
            os.close(file)
        os.setsid()
        stdout, stderr, alive, *ticket = files
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.close(stdout)
        os.close(stderr)
        os.set_inheritable(alive, True)
        write_marks(order["environment"], self._marks)
        for name, value in order["environment"].items():  # `update` would ask abstract classes
            os.environ[name] = value
        os.chdir(order["cwd"])
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # `random` does it by itself
        if not ((gate is None or _take(gate)) and _may_begin(ticket, alive)):
            os._exit(0)
        for file in ticket if gate is None else [*ticket, gate]:
            os.close(file)
        try:
            self._send(["born", order["key"], os.getpid(), float(own_stat()[19]), present()])
        except OSError:
            _give_up(alive)
        self._control.close()

    def tell_lacks(self) -> None:
        """Tell the parent, from a child that is done, what to import for the next ones."""
        lacks = self.imported.lacks()
        if lacks:
            os.write(self._hint, " ".join([*lacks, ""]).encode())


class Worker:
    """Runs attempts in this process: what one leaves in memory, the next ones find."""

    def __init__(self, payload: Any, control: socket.socket) -> None:
        self._payload = payload
        self._control = control
        self._marks = find_marks()
        self._start = float(own_stat()[19])
        self._answers: list[list[Any]] = []  # not sent yet
        payload.preload()

    def serve(self) -> int:
        """Run one attempt after another until the socket is closed."""
        while True:
            idle = not select.select([self._control], [], [], 0)[0]
            if idle or len(self._answers) >= _MANY:  # what is to be said can't wait
                self._send()
            data, files, _, _ = socket.recv_fds(self._control, _MOST, _FILES)
            if not data:
                return 0
            self._work(json.loads(data), files)
            for file in files:
                os.close(file)

    def _work(self, order: dict[str, Any], files: list[int]) -> None:
        stdout, stderr, alive, *ticket = files
        try:
            os.chdir(order["cwd"])
            begins = _may_begin(ticket, alive)
        except OSError:  # a cold start will say why
            begins = False
        if not begins:
            self._answers.append(["declined", order["key"]])
            return
        self._become(order, stdout, stderr, alive)
        before, path = usage(), sys.path[:]
        code = run(self._payload, order["arguments"])
        flush()
        sys.path[:] = path
        after = usage()
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self._answers.append(["ended", order["key"], code << 8, present()])
        self._answers.append(["reaped", order["key"], after.ru_maxrss, cpu])

    def _become(self, order: dict[str, Any], stdout: int, stderr: int, alive: int) -> None:
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.set_inheritable(alive, True)
        write_marks(order["environment"], self._marks)
        for name, value in order["environment"].items():  # `update` would ask abstract classes
            os.environ[name] = value
        sys.argv = [self._payload.__file__, *order["arguments"]]
        self._answers.append(["born", order["key"], os.getpid(), self._start, present()])
        try:
            self._send()
        except OSError:
            _give_up(alive)

    def _send(self) -> None:
        if self._answers:
            self._control.send(json.dumps(self._answers).encode())
            self._answers = []


def main(mode: str, payload_file: str, descriptor: int) -> int:
    """Serve until the socket is closed; in a child: run the attempt and end."""
    os.set_inheritable(descriptor, False)
    payload = load(payload_file)
    control = socket.socket(fileno=descriptor)
    if mode == "share":
        sys.modules["__main__"] = payload
        return Worker(payload, control).serve()
    parent = Parent(payload, control)
    order = parent.serve()
    if order is None:
        return 0
    sys.modules["__main__"] = payload
    sys.argv = [payload.__file__, *order["arguments"]]
    atexit.register(parent.tell_lacks)
    code = run(payload, order["arguments"])
    end(code)
    return code


def run(payload: Any, arguments: list[str]) -> int:
    """Run the payload; return the code with which its process would end."""
    try:
        return int(payload.main(*arguments))
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return (leaving.code or 0) & 0xFF
        sys.stderr.write(f"{leaving.code}\n")
        return 1


def end(code: int) -> None:
    """End this child as an interpreter ends, but for taking apart what it shares with others.

    Threads are waited for, exit functions run, and all that was written is flushed.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for thing in gc.get_objects():  # those that this child made: the others are frozen
        if issubclass(type(thing), _FILE) and not thing.closed:
            with contextlib.suppress(OSError, ValueError):
                thing.flush()
    flush()
    os._exit(code)


def flush() -> None:
    """Write what was printed."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def usage() -> resource.struct_rusage:
    """Return what this process has used."""
    return resource.getrusage(resource.RUSAGE_SELF)


def load(path: str) -> Any:
    """Return a payload as a module that looks like a main program, without running it."""
    module = types.ModuleType("payload")
    module.__file__ = path
    exec(compile(Path(path).read_bytes(), path, "exec"), vars(module))  # noqa: S102 - it is ours
    module.__name__ = "__main__"
    return module


def present() -> tuple[float, float]:
    """Return this moment: monotonic, and since the epoch."""
    return time.monotonic(), time.time()


def _take(pipe: int) -> bool:
    """Wait for the byte of a pipe and take it; False when somebody has, or nobody will write it."""
    return os.read(pipe, 1) != b""


def _may_begin(ticket: list[int], alive: int) -> bool:
    """Take the ticket, if one is needed, and let the `alive` file say that the attempt begins."""
    if not ticket:
        return True
    if not _take(ticket[0]):
        return False
    os.ftruncate(alive, 1)  # a byte that the disk needs no room for
    return True


def _give_up(alive: int) -> NoReturn:
    """End before anything of an attempt ran: the keeper is gone, and another may begin it."""
    os.ftruncate(alive, 0)
    os._exit(0)


def find_marks() -> dict[str, tuple[int, int]]:
    """Return where in this process the values of ``JOBS_…`` stand that others see, and how long.

    A child writes its own there, so that whose it is can be told from outside.
    """
    start = int(own_stat()[47])
    found = {}
    for line in Path("/proc/self/environ").read_bytes().split(b"\0"):
        name = line.partition(b"=")[0]
        if name in (b"JOBS_ID", b"JOBS_ATTEMPT"):
            skipped = len(name) + 1
            found[name.decode()] = (start + skipped, len(line) - skipped)
        start += len(line) + 1
    return found


def own_stat() -> list[bytes]:
    """Return the fields of /proc/self/stat that come after the name."""
    file = os.open("/proc/self/stat", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, 4096).rpartition(b")")[2].split()
    finally:
        os.close(file)


def write_marks(environment: dict[str, str], marks: dict[str, tuple[int, int]]) -> None:
    """Put this attempt's marks where others see them."""
    memory = os.open("/proc/self/mem", os.O_WRONLY | os.O_CLOEXEC)
    for name, (place, length) in marks.items():
        os.pwrite(memory, environment[name].encode().ljust(length, b"\0"), place)
    os.close(memory)


def _fork() -> int | None:
    """Fork; None when the system has no more processes to give."""
    with _quietly():
        try:
            return os.fork()
        except OSError:
            return None


def _quietly() -> contextlib.AbstractContextManager[Any]:
    """Keep Python silent, where it would warn, of numpy's threads: they take care of a fork."""
    return (
        warnings.catch_warnings(action="ignore", category=DeprecationWarning)
        if sys.version_info >= (3, 12)
        else contextlib.nullcontext()
    )


def _modules_in(folder: str) -> list[str]:
    """Return the names of modules that could be imported from a folder."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - hot
    except OSError:
        return []
    files = [name.partition(".")[0] for name in names if name.endswith(_CAN_SHADOW)]
    folders = [name for name in names if "." not in name]
    return files + [n for n in folders if os.path.isfile(f"{folder}/{n}/__init__.py")]  # noqa: PTH113


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - hot
    except OSError:
        return 0


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # this file's folder
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
