"""Environments of clients that others published, and a way to run code there."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "environments"

#: Runs in the other environment: one line of JSON in, one line out.
_LOOP = """
import json, sys, traceback
names, out = {}, sys.stdout
sys.stdout = sys.stderr
for line in sys.stdin:
    asked = json.loads(line)
    try:
        names.update(asked["names"])
        run = eval if asked["value"] else exec
        said = {"value": run(asked["code"], names)}
    except Exception as error:
        body = getattr(getattr(error, "response", None), "text", None)
        status = getattr(getattr(error, "response", None), "status_code", None)
        said = {"error": type(error).__name__, "text": str(error), "body": body, "status": status}
    print(json.dumps(said, default=str), file=out, flush=True)
"""


def python_with(*requirements: str) -> Path:
    """Return the interpreter of an environment with these packages, made once and kept."""
    named = f"{sys.version_info[:2]} {' '.join(requirements)}"
    folder = CACHE / hashlib.sha256(named.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    done, python = folder / "done", folder / "venv" / "bin" / "python"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another session may be making it
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
            pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
            subprocess.run([*pip, *requirements], check=True)
            done.touch()
    return python


class Refused(Exception):
    """What an expression in the other environment raised."""

    def __init__(self, kind: str, text: str, status: int | None, body: str | None) -> None:
        super().__init__(f"{kind}: {text} {body or ''}")
        self.kind = kind
        self.status = status  # of the HTTP response, where there is one
        self.body = body


class Elsewhere:
    """A process of another environment, that runs code and evaluates expressions."""

    def __init__(self, python: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [python, "-u", "-c", _LOOP],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str, **names: object) -> None:
        """Run statements."""
        self._ask(code, names, value=False)

    def __call__(self, code: str, **names: object) -> object:
        """Return the value of an expression, as JSON has it; raises `Refused`."""
        return self._ask(code, names, value=True)

    def _ask(self, code: str, names: dict[str, object], *, value: bool) -> object:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"code": code, "names": names, "value": value})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        if "error" in said:
            raise Refused(said["error"], said["text"], said["status"], said["body"])
        return said["value"]

    def close(self) -> None:
        """End it."""
        self._process.communicate()
