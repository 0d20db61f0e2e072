"""JSON files to pandas frames: an object of single values is a row, as a function's dict is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .frames import as_frame, imported


def read_objects(path: str, **options: Any) -> Any:
    """Return a JSON file as pandas reads it, or as `frames.as_frame` where pandas can't.

    `options` are those of `pandas.read_json`. Raises its ValueError for what is neither.
    """
    try:
        return imported("pandas").read_json(path, **options)
    except ValueError:
        row = _row(path)
        if row is None:
            raise
        return row


def _row(path: str) -> Any:
    """Return what a file of one value, or of an object of such, is as a frame; None for others."""
    try:
        value = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError):
        return None
    held = value.values() if isinstance(value, dict) else [value]
    return None if any(isinstance(one, list | dict) for one in held) else as_frame(value)
