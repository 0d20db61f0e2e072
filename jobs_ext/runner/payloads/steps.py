"""Run the steps of a tool as one job: ``python steps.py <request folder>``.

Needs nothing but the standard library. Reads ``call.json`` of the request folder::

    {"folder": where each step gets a folder of its own,
     "groups": [[{"name": …, "argv": [word, or {"files": input}], "inputs": {name: glob},
                  "stdout": file or "", "outputs": {name: glob of what it has to write},
                  "good": [exit codes], "stop": [exit codes], "missing": fail|stop|continue}]]}

The groups follow one another, the steps of one run side by side and are all let to end. What lies
in the folder this is started in, the job's inputs, is linked into each step's folder; the files of
earlier steps that a step takes are copied, and go again unless it changed them: so no step ever
changes what another one wrote.

Tells ``$JOBS_PROGRESS`` how far it is and, as its data, what became of each step. In the request
folder: ``failed.json`` about the first step that failed.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

_LOOK = 0.5  # seconds between looks at what the steps say of their own progress
_MOMENT = 0.1  # seconds that telling all processes of a job to end takes at most
_SHELLS_SIGNAL = 128  # what a shell adds to the number of a signal
_LAST_LINES = 1 << 12  # bytes of a step's own progress that are looked at
_LONGEST = 200  # characters of what is told of a step


class Failed(Exception):
    """A step failed; `facts` say how, for ``failed.json``."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.facts = facts


class Step:
    """One step: its folder, its process, and what became of it."""

    def __init__(self, call: dict[str, Any], folder: Path, request: Path) -> None:
        self.call = call
        self.name: str = call["name"]
        self.folder = folder / self.name
        self.own_progress = request / f"{self.name}.progress"
        self.told: dict[str, Any] = {"status": "PENDING"}
        self.failure: Failed | None = None
        self.stops = False  # the job ends well with it
        self.process: subprocess.Popen[bytes] | None = None
        self._copies: dict[Path, tuple[int, int]] = {}

    def start(self, given: Path, earlier: list[Step]) -> None:
        """Make its folder and start its program. Raises `Failed`."""
        self.told = {"status": "RUNNING", "started": now()}
        try:
            self.folder.mkdir()
            mirror(given, self.folder)
            files = {name: self._take(name, earlier) for name in self.call["inputs"]}
            self.process = self._popen([*words(self.call["argv"], files)])
        except (OSError, ValueError) as error:
            program = self.call["argv"][0] if self.call["argv"] else ""
            raise Failed(f"could not be started: {program}: {error}", code="cannot_start") from None

    def _take(self, name: str, earlier: list[Step]) -> list[str]:
        """Copy the files of earlier steps that are this input; return their names here."""
        pattern, found = self.call["inputs"][name], []
        for step in earlier:
            for source in matches(step.folder, pattern):
                target = self.folder / source.relative_to(step.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                shutil.copy2(source, target)
                self._copies[target] = stamp(target)
                found.append(os.path.join(".", target.relative_to(self.folder)))  # noqa: PTH118
        if not found:
            told = f"no step before it left a file {pattern} ({name})"
            raise Failed(told, code="missing_input")
        return list(dict.fromkeys(found))

    def _popen(self, argv: list[str]) -> subprocess.Popen[bytes]:
        """Start the program; it inherits the lock by which its job is known to be alive."""
        own = {"JOBS_STEP": self.name, "JOBS_PROGRESS": str(self.own_progress)}
        environment = os.environ | own
        name = self.call["stdout"]
        if not name:
            return subprocess.Popen(argv, cwd=self.folder, env=environment, close_fds=False)
        path = self.folder / name
        path.unlink(missing_ok=True)  # a link to an input of that name
        with path.open("wb") as out:
            return subprocess.Popen(
                argv, cwd=self.folder, env=environment, stdout=out, close_fds=False
            )

    def end(self, code: int) -> None:
        """Note how its program ended, and whether it wrote what it has to. Raises `Failed`."""
        self.told["exit_code" if code >= 0 else "signal"] = abs(code)
        if code < 0:
            raise Failed(f"killed by signal {-code}", signal=-code)
        if code in self.call["stop"]:
            self.stops = True
        elif code not in self.call["good"]:
            raise Failed(f"exited with code {code}", exit_code=code)
        missing = [
            f"it did not write its output {name} ({pattern})"
            for name, pattern in self.call["outputs"].items()
            if not matches(self.folder, pattern)
        ]
        if missing and not self.stops:
            self._miss("; ".join(missing))

    def _miss(self, told: str) -> None:
        if self.call["missing"] == "fail":
            raise Failed(told, code="missing_output")
        self.stops = self.call["missing"] == "stop"
        self.told["reason"] = told[:_LONGEST]

    def close(self, failure: Failed | None = None) -> None:
        """Say that it is over, and remove the copies it did not change."""
        self.failure = failure
        self.told |= {"status": "FAILED" if failure else "SUCCEEDED", "stopped": now()}
        if failure:
            self.told["reason"] = str(failure)[:_LONGEST]
        for copy, before in self._copies.items():
            if stamp(copy) == before:
                copy.unlink(missing_ok=True)

    def progress(self) -> tuple[float, str]:
        """Return what it said of its own progress: a fraction and a message."""
        try:
            with self.own_progress.open("rb") as file:
                file.seek(max(0, self.own_progress.stat().st_size - _LAST_LINES))
                line = file.read().rstrip(b"\n").rpartition(b"\n")[2]
            said = json.loads(line)
            fraction, message = said.get("fraction") or 0.0, said.get("message") or ""
            return min(1.0, max(0.0, float(fraction))), str(message)[:_LONGEST]
        except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return 0.0, ""


class Run:
    """All steps, in order."""

    def __init__(self, request: Path) -> None:
        call = json.loads((request / "call.json").read_text())
        folder = Path(call["folder"])
        self.groups = [[Step(step, folder, request) for step in group] for group in call["groups"]]
        self.steps = [step for group in self.groups for step in group]
        self._ended: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self.stopping = False
        self._told = ""

    def stop(self, *_: object) -> None:
        """Start nothing more; who ends the job tells each process in it."""
        self.stopping = True

    def all(self) -> Step | None:
        """Run the steps; return the one that failed, if any did."""
        earlier: list[Step] = []
        for number, group in enumerate(self.groups, 1):
            if self.stopping:
                break
            self._group(group, earlier, number)
            failed = next((step for step in group if step.failure), None)
            if failed or any(step.stops for step in group):
                return failed
            earlier += group
        return None

    def _group(self, group: list[Step], earlier: list[Step], number: int) -> None:
        for step in group:
            try:
                step.start(Path.cwd(), earlier)
            except Failed as failure:
                step.close(failure)
        under_way = {step for step in group if step.process is not None}
        for step in under_way:
            threading.Thread(target=self._wait, args=(step,)).start()
        while under_way:
            self._tell(group, number)
            try:
                step = self._ended.get(timeout=_LOOK)
            except queue.Empty:
                continue
            under_way.remove(step)
            if not self._is_stopped(step):
                settle(step)
        self._tell(group, number)

    def _is_stopped(self, step: Step) -> bool:
        """Tell whether a step ended with the whole job, of which it may have heard before us."""
        assert step.process is not None
        if step.process.returncode and not self.stopping:
            time.sleep(_MOMENT)
        return self.stopping

    def _wait(self, step: Step) -> None:
        assert step.process is not None
        step.process.wait()
        self._ended.put(step)

    def _tell(self, group: list[Step], number: int) -> None:
        """Append a line of progress unless the last one says the same."""
        running = [step for step in group if step.told["status"] == "RUNNING"]
        own = {step.name: step.progress() for step in running}
        done = sum(step.told["status"] in ("SUCCEEDED", "FAILED") for step in self.steps)
        whole = done + sum(fraction for fraction, _ in own.values())
        named = [f"{name}: {message}" if message else name for name, (_, message) in own.items()]
        message = f"step {number} of {len(self.groups)}"
        line = json.dumps(
            {
                "fraction": whole / len(self.steps),
                "message": f"{message}: {', '.join(named)}"[:_LONGEST] if named else message,
                "data": {"steps": {step.name: step.told for step in self.steps}},
            }
        )
        if line != self._told:
            self._told = line
            with open(os.environ["JOBS_PROGRESS"], "a") as file:  # noqa: PTH123 - a text
                file.write(line + "\n")


def settle(step: Step) -> None:
    """Note the end of a step whose program has ended."""
    assert step.process is not None
    try:
        step.end(step.process.returncode)
    except Failed as failure:
        step.close(failure)
    else:
        step.close()


def words(argv: list[Any], files: dict[str, list[str]]) -> Iterator[str]:
    """Yield the words of a command, the names of files in their places."""
    for word in argv:
        if isinstance(word, str):
            yield word
        else:
            yield from files[word["files"]]


def mirror(source: Path, target: Path) -> None:
    """Link what lies in a folder and below into another one, under the same names."""
    for entry in os.scandir(source):
        if entry.is_dir(follow_symlinks=False):
            (target / entry.name).mkdir()
            mirror(Path(entry.path), target / entry.name)
        else:
            (target / entry.name).symlink_to(os.path.realpath(entry.path))


def matches(folder: Path, pattern: str) -> list[Path]:
    """Return the files a step wrote that match a glob; the links to inputs are none of them."""
    return sorted(p for p in folder.glob(pattern) if p.is_file() and not leads_out(p, folder))


def leads_out(path: Path, folder: Path) -> bool:
    """Tell whether a path is a link to something outside of the folder."""
    return path.is_symlink() and not path.resolve().is_relative_to(folder.resolve())


def stamp(path: Path) -> tuple[int, int]:
    """Return size and time of change (ns) of a file; zeros when it has gone."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def now() -> str:
    """Return the time as jobs_ext writes it: UTC, ISO 8601 with microseconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: UP017


def write(path: Path, said: dict[str, Any]) -> None:
    """Write JSON so that nobody sees half of it."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(json.dumps(said))
    draft.replace(path)


def main(request_folder: str) -> int:
    """Run the steps and return the exit code: that of the step that failed, where it has one."""
    request = Path(request_folder)
    run = Run(request)
    signal.signal(signal.SIGTERM, run.stop)
    failed = run.all()
    if failed is None or failed.failure is None:
        return _SHELLS_SIGNAL + signal.SIGTERM if run.stopping else 0
    facts = failed.failure.facts
    write(request / "failed.json", facts | {"step": failed.name, "message": str(failed.failure)})
    return int(_SHELLS_SIGNAL + facts["signal"] if "signal" in facts else facts.get("exit_code", 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
