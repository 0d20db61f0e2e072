"""The runner's end of the line to the keeper: start one if there is none, order, listen."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, convert

from ..executors import Launch

_START_TIME = 20.0  # seconds that a keeper may take to listen
_PAUSE = 0.05  # seconds between two attempts to start one
_MOST_ENVIRONMENTS = 64  # told to the keeper before it is asked to forget them


class KeeperGone(Exception):
    """The keeper ended, or could not be started; says which."""


class State(Struct, frozen=True):
    """What a keeper says of itself."""

    event: str
    instance: str
    live: list[str]  # keys of its live attempts
    journal: int  # size, in bytes: what it wrote up to now
    protocol: int = 1  # the first keepers did not say it


class KeeperClient:
    """A connection to the keeper of one data directory."""

    def __init__(self, sock: socket.socket, child: subprocess.Popen[bytes] | None) -> None:
        self._sock = sock
        self._child = child  # when this process started it, to be reaped here
        self._unread = b""
        self._environments: set[str] = set()
        self._last_shared: tuple[dict[str, str], str] = ({}, "")  # and its name

    @classmethod
    def connect(cls, data_dir: Path, socket_path: Path, log: Path) -> KeeperClient:
        """Connect to the keeper, after starting one where there is none.

        Raises `KeeperGone` when none can be started; `log` says why.
        """
        client = cls._reach(socket_path, None)
        if client is not None:
            return client
        child = _start(data_dir, socket_path, log)
        deadline = time.monotonic() + _START_TIME
        while time.monotonic() < deadline and not child.poll():
            client = cls._reach(socket_path, child)
            if client is not None:
                return client
            if child.returncode == 0:  # another one held the lock: it is about to end, or to listen
                time.sleep(_PAUSE)
                child = _start(data_dir, socket_path, log)
            time.sleep(0.005)
        child.kill()
        child.wait()
        raise KeeperGone(f"no keeper could be started; see {log}")

    @classmethod
    def _reach(cls, path: Path, child: subprocess.Popen[bytes] | None) -> KeeperClient | None:
        """Return a client once the keeper answers: one that is being killed still accepts."""
        try:
            sock = socket.socket(socket.AF_UNIX)
        except OSError as error:  # no more files may be open here
            raise KeeperGone(f"the keeper can't be asked: {error}") from error
        client = cls(sock, child)
        sock.settimeout(_START_TIME)  # one that is stopped may have a full queue
        try:
            sock.connect(str(path))
            client.state()
        except (OSError, KeeperGone):
            sock.close()
            return None
        return client

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._sock.fileno()

    def spawn(self, orders: Iterable[Launch]) -> None:
        """Order attempts to be started, in one message."""
        if len(self._environments) >= _MOST_ENVIRONMENTS:
            self._environments.clear()
            self._last_shared = ({}, "")
            self._send({"do": "forget-environments"})
        attempts = [self._order(order) for order in orders]
        self._send({"do": "spawn", "attempts": attempts})

    def _order(self, order: Launch) -> dict[str, Any]:
        return {
            "key": order.key,
            "lane": order.lane,
            "argv": order.argv,
            "parent": order.parent,
            "cwd": order.cwd,
            "folder": order.folder,
            "stdout": order.stdout,
            "stderr": order.stderr,
            "alive": order.alive,
            "memory": order.memory,
            "environment": order.environment,
            "shared": self._share(order.shared),
        }

    def _share(self, values: dict[str, str]) -> str:
        """Make sure the keeper knows an environment; return its name there."""
        if values == self._last_shared[0] and self._last_shared[1]:
            return self._last_shared[1]
        text = json.dumps(values, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()
        if name not in self._environments:
            self._environments.add(name)
            self._send({"do": "environment", "name": name, "values": values})
        self._last_shared = (values, name)
        return name

    def kill(self, key: str, grace: float, code: str, sentence: str) -> None:
        """Order an attempt's tree to be ended; the reason comes back in its exit record."""
        told = {"code": code, "sentence": sentence}
        self._send({"do": "kill", "key": key, "grace": grace, "told": told})

    def state(self) -> State:
        """Return the keeper's state; waits for it."""
        return convert(self._ask({"do": "list"}, "attempts"), State)

    def withdraw(self, keys: Iterable[str]) -> list[str]:
        """Take back attempts that wait in a lane; return those that did. Waits for the answer."""
        answer = self._ask({"do": "withdraw", "keys": list(keys)}, "withdrawn")
        return list(answer["keys"])

    def rotate(self, offset: int) -> None:
        """Let the keeper drop what lies before `offset` in the journal and is over."""
        self._send({"do": "rotate", "offset": offset})

    def stop_when_idle(self) -> None:
        """Let the keeper end as soon as no attempt is left."""
        self._send({"do": "stop-when-idle"})

    def drain(self) -> None:
        """Take the notices that came. Raises `KeeperGone` at the end of the line."""
        self._sock.settimeout(0)
        try:
            while True:
                self._take()
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Hang up; the keeper and its attempts go on."""
        self._sock.close()

    def _send(self, message: dict[str, Any]) -> None:
        self._sock.settimeout(_START_TIME)
        try:
            self._sock.sendall(_encoded(message) + b"\n")
        except OSError as error:
            raise KeeperGone(f"the keeper ended: {error}") from None

    def _ask(self, message: dict[str, Any], event: str) -> dict[str, Any]:
        """Send a message and return its answer; notices that come before it are dropped."""
        self._send(message)
        self._sock.settimeout(_START_TIME)
        while True:
            for answer in self._take():
                if answer["event"] == event:
                    return answer

    def _take(self) -> list[dict[str, Any]]:
        try:
            data = self._sock.recv(1 << 16)
        except ConnectionError as error:
            raise KeeperGone(f"the keeper ended: {error}") from None
        except TimeoutError:
            raise KeeperGone("the keeper does not answer") from None
        if not data:
            raise KeeperGone("the keeper ended")
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [json.loads(line) for line in lines]


def _encoded(message: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(message)
    except UnicodeEncodeError:  # a path that is no UTF-8: so written, it comes out as it was
        return json.dumps(message).encode()


def _start(data_dir: Path, socket_path: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a keeper that outlives this process: a session of its own, no files in common.

    Raises `KeeperGone` when the machine lets no more processes, threads or files be.
    """
    program = Path(__file__).with_name("__main__.py")
    try:
        with log.open("ab") as errors:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", str(program), str(data_dir), str(socket_path)],
                cwd=data_dir,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
        threading.Thread(target=child.wait, name="keeper", daemon=True).start()  # reaps it
    except (OSError, RuntimeError) as error:
        raise KeeperGone(f"no keeper could be started: {error}") from error
    return child
