"""Servers of other versions: copies of the package that differ from this one where told."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

import jobs_ext
from jobs_ext.runner.holder import Holder, read_holder
from jobs_ext.runner.keeper import PROTOCOL
from jobs_ext.store.paths import Paths
from jobs_ext.store.schema import HEAD
from tests.client.live import LiveServer
from tests.waiting import until

PACKAGE = Path(jobs_ext.__file__).parent
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"

def upgrade():
    op.add_column("job", sa.Column("mood", sa.Text))
"""


def copy_package(folder: Path, version: str, *, protocol: int | None = None) -> Path:
    """Make a copy of the package of another version; return what to put on the path."""
    target = folder / version
    skipped = shutil.ignore_patterns("__pycache__", "labextension", "static")
    shutil.copytree(PACKAGE, target / "jobs_ext", ignore=skipped)
    said = f'__version__ = "{jobs_ext.__version__}"'
    _replace(target / "jobs_ext/__init__.py", said, f'__version__ = "{version}"')
    if protocol is not None:
        keeper = target / "jobs_ext/runner/keeper/__init__.py"
        _replace(keeper, f"PROTOCOL = {PROTOCOL}\n", f"PROTOCOL = {protocol}\n")
    return target


def add_migration(package: Path) -> None:
    """Let a copy of the package know one more revision of the database."""
    store = package / "jobs_ext/store"
    _replace(store / "schema/__init__.py", f'HEAD = "{HEAD}"', 'HEAD = "9999"')
    (store / "migrations/versions/9999_next.py").write_text(NEXT.format(head=HEAD))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, (file, old)
    file.write_text(text.replace(old, new))


class OtherServer(LiveServer):
    """A server that runs a copy of the package, maybe beside another one in the same home."""

    def __init__(self, package: Path, beside: LiveServer | None = None) -> None:
        self.package = package
        if beside is None:
            super().__init__()
            return
        self.home, self.work, self.token = beside.home, beside.work, beside.token
        self.start()

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"PYTHONPATH": str(self.package)}

    def end(self) -> None:
        """End the server alone."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    @property
    def paths(self) -> Paths:
        return Paths(self.home / "data" / "jobs_ext", self.runtime)

    @property
    def holder(self) -> Holder:
        """Who the runner is."""
        found: Holder = until(lambda: read_holder(self.paths), what="a holder of the lock")
        return found

    @property
    def keeper(self) -> int:
        """The keeper's process id."""
        pid: int = msgspec.json.decode(self.paths.keeper.read_bytes())["pid"]
        return pid
