"""Run npm in labextension/: ``npm.py run lint``. Where there is no Node, pip brings one."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))
from hatch_build import NODE_WHEEL, FrontEnd, Node, find_node  # noqa: E402


def installed_node() -> Node:
    """Return a Node, from the Python package of it when the system has none that will do."""
    node = find_node()
    if node is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODE_WHEEL], check=True)
        importlib.invalidate_caches()
        node = find_node()
    if node is None:
        raise SystemExit(f"{NODE_WHEEL} was installed, but its node does not run here.")
    return node


def main(arguments: list[str]) -> int:
    """Install the front end's packages where they are not those of the lock; run npm as asked."""
    front, node = FrontEnd(REPOSITORY), installed_node()
    try:
        front.install_packages(node)
        front.run(node, arguments)
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
