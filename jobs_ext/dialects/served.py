"""The dialects there are, and where they are served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tornado import web

from .agave.table import AGAVE
from .handler import DialectHandler, handlers_at_port, handlers_of
from .local import Ports, check_ports
from .table import Dialect

_ALL: tuple[Dialect, ...] = (AGAVE,)
DIALECTS = {dialect.name: dialect for dialect in _ALL}


def handlers(names: Iterable[str]) -> list[tuple[str, type[DialectHandler]]]:
    """Return what `JobsExtension` adds to the server for the dialects of these names."""
    return [
        handler for name in names for handler in handlers_of(DIALECTS[name], f"jobs-ext/{name}")
    ]


def check(ports: Mapping[str, object]) -> None:
    """Raise ValueError saying which of the ports, by dialect, can't be."""
    check_ports(ports, {name: dialect.home for name, dialect in DIALECTS.items()})


def listen(to: Ports, wanted: Mapping[str, int], like: web.Application) -> None:
    """Serve dialects at ports of their own, by the settings of Jupyter's application."""
    for name, port in wanted.items():
        to.listen(name, port, handlers_at_port(DIALECTS[name]), like)
