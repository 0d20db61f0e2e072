"""The load: submits and cancels that go on whatever dies, with idempotency keys.

Every request is sent until it is answered with 2xx; every tenth submit is sent once more after
that. What the answers said is kept, to be held against what the server says in the end.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloudpickle
import requests

from tests.crash import work
from tests.serving import multipart

_UNFINISHED = (12, 40)  # accepted jobs that have not ended: between these it goes on submitting
_OPEN = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
_SOON = 0.1  # seconds before a request is sent again
TOOL = """
name = "drill"
version = "1"
command = ["{python}", "-I", "-S", "{program}", "{{folder}}", "{{seconds}}", "{{codes}}", "alone"]
parameters.folder.type = "string"
parameters.seconds.type = "number"
parameters.codes.type = "string"
"""


@dataclass
class Accepted:
    """A submit that was answered with 2xx."""

    key: str
    ids: set[str]  # in all answers: one, if all is well
    n_jobs: int
    is_batch: bool
    retries: int
    on_lost: str
    cancelled: float | None = None  # wall time at which a cancel was first sent

    def made(self, job: dict[str, Any]) -> bool:
        """Whether a job is of this submit."""
        return not self.ids.isdisjoint((job["id"], job["batch"]))


@dataclass
class Load:
    """One client in a thread of its own; `seed` decides what it sends."""

    folder: Path
    url: Callable[[], str]  # of the API, wherever the server is now
    token: str
    seed: int
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # answers that no crash excuses

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._over = threading.Event()
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"token {self.token}"
        self._cancels: list[tuple[float, Accepted]] = []  # and when they are due (monotonic)
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        (self.folder / "locks").mkdir()

    def start(self) -> None:
        """Begin to submit."""
        self._thread.start()

    def stop(self) -> None:
        """Submit no more; what was being sent is sent until it is answered."""
        self._over.set()
        self._thread.join()

    @property
    def n_jobs(self) -> int:
        """How many jobs were accepted."""
        return sum(one.n_jobs for one in self.accepted)

    def jobs(self, query: str = "") -> list[dict[str, Any]]:
        """Return all jobs that the server knows."""
        found, cursor = [], ""
        while True:
            page = self._send("GET", f"jobs?limit=500&order=oldest{query}{cursor}").json()
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    def unfinished(self) -> int:
        """Return how many jobs have not ended."""
        return len(self.jobs("".join(f"&status={status}" for status in _OPEN)))

    def _run(self) -> None:
        while not self._over.is_set():
            while self.unfinished() < self._random.randint(*_UNFINISHED):
                self._submit()
            self._cancel_due()
            self._over.wait(0.3)

    def _submit(self) -> None:
        key = f"{self.seed}-{len(self.accepted)}"
        draw = self._random
        options = {"key": key, "retries": draw.choice((0, 0, 1, 2)), "cwd": "private"}
        options |= {"on_lost": draw.choice(("fail", "retry"))}
        n_jobs = draw.choice((1, 1, 1, draw.randint(3, 12)))
        sets = [self._arguments() for _ in range(n_jobs)]
        path, sent = ("jobs", sets[0]) if n_jobs == 1 else ("batches", sets)
        request = {"arguments": sent, "options": options, "context": {"cwd": str(self.folder)}}
        request["target"], parts = self._target(options)
        one = Accepted(key, set(), n_jobs, n_jobs > 1, options["retries"], options["on_lost"])
        for _ in range(draw.choice((1,) * 9 + (2,))):
            one.ids.add(self._post(path, request, parts)["id"])
        self.accepted.append(one)
        if draw.random() < 0.08:
            self._cancels.append((time.monotonic() + draw.uniform(0, 2), one))

    def _arguments(self) -> dict[str, Any]:
        codes = self._random.choice(("0", "0", "0", "0", "3", "3,0", "1,4,0"))
        seconds = self._random.choice((0.05, self._random.uniform(0.05, 3)))
        return {"folder": str(self.folder), "seconds": round(seconds, 3), "codes": codes}

    def _target(self, options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a target and the files that go along; `options` are made to fit."""
        kind = self._random.choice(("command", "command", "child", "tool", "function"))
        match kind:
            case "tool":
                del options["cwd"]
                return {"tool": "drill"}, {}
            case "function":
                return {"function": "f"}, {"f": ("f", cloudpickle.dumps(work.task))}
            case _:
                argv = [sys.executable, "-I", "-S", work.__file__]
                return {"command": [*argv, "{folder}", "{seconds}", "{codes}", kind]}, {}

    def _post(self, path: str, request: dict[str, Any], parts: dict[str, Any]) -> Any:
        if not parts:
            return self._send("POST", path, json=request).json()
        kind, body = multipart(request, parts)
        return self._send("POST", path, data=body, headers={"Content-Type": kind}).json()

    def _cancel_due(self) -> None:
        for due, one in [c for c in self._cancels if c[0] <= time.monotonic()]:
            self._cancels.remove((due, one))
            one.cancelled = time.time()
            kind = "batches" if one.is_batch else "jobs"
            self._send("POST", f"{kind}/{min(one.ids)}/cancel")

    def _send(self, method: str, path: str, **how: Any) -> requests.Response:
        """Send until it is answered with 2xx; no crash excuses any other answer but 503."""
        while True:
            try:
                answer = self._session.request(method, f"{self.url()}/{path}", timeout=30, **how)
            except requests.RequestException:  # nobody there, or gone in the middle
                time.sleep(_SOON)
                continue
            if answer.ok:
                return answer
            if answer.status_code != 503:  # a store that is busy
                self.refused.append(f"{method} {path}: {answer.status_code} {answer.text}")
                assert answer.status_code >= 500, self.refused[-1]
            time.sleep(_SOON)


def write_tool(folder: Path) -> None:
    """Put the tool among those of a server whose root is `folder`."""
    (folder / "tools").mkdir(exist_ok=True)
    text = TOOL.format(python=sys.executable, program=work.__file__)
    (folder / "tools" / "drill.toml").write_text(text)
