"""The dialects there are, and where they are served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import msgspec
from tornado import web

from .agave.table import AGAVE
from .analytics_automated.table import ANALYTICS_AUTOMATED
from .et_engine import ET_ENGINE
from .handler import DialectHandler, handlers_at_port, handlers_of
from .local import Ports, check_ports
from .phylodb.table import PHYLODB
from .table import Dialect
from .ufdl import UFDL

_ALL: tuple[Dialect, ...] = (AGAVE, ANALYTICS_AUTOMATED, ET_ENGINE, PHYLODB, UFDL)
DIALECTS = {dialect.name: dialect for dialect in _ALL}


def handlers(
    name: str, options: Mapping[str, object] = MappingProxyType({})
) -> list[tuple[str, type[DialectHandler]]]:
    """Return what `JobsExtension` adds to the server for the dialect of this name.

    `options` are what is set for it (`with_options`).
    """
    return handlers_of(with_options(name, options), f"jobs-ext/{name}")


def check(ports: Mapping[str, object]) -> None:
    """Raise ValueError saying which of the ports, by dialect, can't be."""
    check_ports(ports, {name: dialect.home for name, dialect in DIALECTS.items()})


def listen(
    to: Ports,
    wanted: Mapping[str, int],
    like: web.Application,
    options: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
) -> None:
    """Serve dialects at ports of their own, by the settings of Jupyter's application."""
    for name, port in wanted.items():
        dialect = with_options(name, options.get(name, {}))
        to.listen(name, port, handlers_at_port(dialect), like)


def with_options(name: str, given: Mapping[str, object]) -> Dialect:
    """Return a dialect with some of its options set; ValueError for what it does not take."""
    dialect = DIALECTS.get(name)
    if dialect is None:
        raise ValueError(f"no {name}; there are {', '.join(DIALECTS)}")
    if not given:
        return dialect
    known = {} if dialect.options is None else msgspec.to_builtins(dialect.options)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"{name} has no option {unknown[0]!r}")
    try:
        return replace(dialect, options=msgspec.convert({**known, **given}, type(dialect.options)))
    except msgspec.ValidationError as error:
        raise ValueError(f"{name}: {error}") from None
