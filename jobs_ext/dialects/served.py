"""The dialects there are, and where they are served."""

from __future__ import annotations

from collections.abc import Iterable

from .agave.table import AGAVE
from .handler import DialectHandler, handlers_of
from .table import Dialect

_ALL: tuple[Dialect, ...] = (AGAVE,)
DIALECTS = {dialect.name: dialect for dialect in _ALL}


def handlers(names: Iterable[str]) -> list[tuple[str, type[DialectHandler]]]:
    """Return what `JobsExtension` adds to the server for the dialects of these names."""
    return [
        handler for name in names for handler in handlers_of(DIALECTS[name], f"jobs-ext/{name}")
    ]
