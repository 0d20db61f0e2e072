"""Orders that a warm parent can fork, or run itself."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from jobs_ext.runner import payloads
from jobs_ext.runner.executors import Launch
from tests.runner.keepers import Bench

WARM = str(Path(payloads.__file__).with_name("warm.py"))
# Runs its argument as a program, in a folder where modules are looked for.
PAYLOAD = """
import importlib, os, sys
WORTHWHILE = ("colorsys",)
load = importlib.import_module
def preload():
    import random
def folders(source):
    return []
def main(source):
    sys.path.insert(0, os.getcwd())
    exec(source, {})
    return 0
if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
"""


class Warm(Bench):
    """A keeper, and orders that can be forked."""

    def fork(self, key: str, source: str, mode: str = "fork", **environment: str) -> Launch:
        payload = self.root / "payload.py"
        if not payload.exists():
            payload.write_text(PAYLOAD)
        order = self.order(key, [sys.executable, str(payload), source], **environment)
        (self.root / "lib").mkdir(exist_ok=True)
        return msgspec.structs.replace(
            order,
            parent=[sys.executable, WARM, mode, str(payload)],
            shared=order.shared | {"PYTHONPATH": str(self.root / "lib")},
        )

    def run(self, key: str, source: str, **environment: str) -> str:
        """Run a program and return what it printed."""
        self.client.spawn([self.fork(key, source, **environment)])
        ended = self.wait(key, "exited")
        assert ended["code"] == 0, (self.root / key / "stderr").read_text()
        return (self.root / key / "stdout").read_text().strip()

    def parent_of(self, key: str) -> int:
        """Return the parent of an attempt's process: the keeper, when it was started cold."""
        return int(self.run(key, "import os; print(os.getppid())"))


def in_lane(warm: Warm, mode: str, *sources: str) -> list[Launch]:
    """Return the orders of one batch's programs, in one lane."""
    return [
        msgspec.structs.replace(warm.fork(f"s{n}/1", source, mode, JOBS_BATCH="b"), lane="lane")
        for n, source in enumerate(sources)
    ]


def shared(warm: Warm, *sources: str) -> list[str]:
    """Order the programs of one batch, in one lane, for a shared worker; return their keys."""
    orders = in_lane(warm, "share", *sources)
    warm.client.spawn(orders)
    return [order.key for order in orders]
