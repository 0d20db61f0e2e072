"""Copies of the database that are kept: before an upgrade, and of one that is damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from .paths import Paths


def keep_backup(paths: Paths, revision: str) -> Path:
    """Keep a copy of a sound database as it is before it is brought to `revision`.

    Returns its path, ``jobs.sqlite.before-0002``. It is whole or not there: an upgrade that was
    broken off makes it anew. Raises what `sqlite3` and the system raise.
    """
    kept = paths.beside_db(f"before-{revision}")
    draft = paths.beside_db(f"before-{revision}.new")
    draft.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(paths.db)) as source,
        contextlib.closing(sqlite3.connect(draft)) as copy,
    ):
        source.backup(copy)
    draft.chmod(0o600)
    draft.rename(kept)
    return kept
