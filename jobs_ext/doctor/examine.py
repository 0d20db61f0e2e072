"""All checks, in the order in which people would ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from ..client.client import Client
from ..store.paths import Paths
from .environments import check_extension, check_front_end, check_kernels
from .finding import Finding
from .folder import check_folder, check_store
from .processes import check_keeper, check_runner, check_sockets, check_surroundings
from .server import check_server, check_tools


def examine(root: Path, connect: Callable[[], Client]) -> Iterator[Finding]:
    """Yield what is found of the data directory `root`, the server and the environments."""
    paths = Paths(root)
    yield from check_server(connect)
    yield from check_tools(connect)
    yield from check_folder(paths.root)
    if paths.root.is_dir():
        yield from chain(
            check_store(paths), check_runner(paths), check_keeper(paths), check_sockets(paths)
        )
    yield from chain(check_surroundings(), check_extension(), check_front_end(), check_kernels())
