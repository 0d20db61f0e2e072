"""Modules that a warm parent imports and lays aside, for those of its forks that ask for them.

Matplotlib takes half a second to import, and reads then what it goes by: variables, files of the
user's and of the folder it is in. So a fork is given what lies here only when all of that is as it
was, at the moment of its own import; else it imports for itself, as a fresh process would.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_INLINE = "module://matplotlib_inline.backend_inline"
_PACKAGES = ("matplotlib", "mpl_toolkits")
_VARIABLES = ("MPL", "_MPL", "MATPLOTLIB", "XDG_", "HOME")  # how the names of those it reads begin


def lay_matplotlib_aside() -> None:
    """Import Matplotlib as in a kernel, which has named its backend by then, and lay it aside."""
    try:
        with _backend(_INLINE):
            matplotlib = importlib.import_module("matplotlib.pyplot").matplotlib
            shelf = Shelf("matplotlib", _own(), lambda: settings_of(matplotlib))
    finally:
        for name in _own():
            del sys.modules[name]
    sys.meta_path.insert(0, shelf)


def _own() -> dict[str, ModuleType]:
    return {n: m for n, m in sys.modules.items() if n.partition(".")[0] in _PACKAGES}


@contextmanager
def _backend(name: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.setdefault("MPLBACKEND", name)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def settings_of(matplotlib: ModuleType) -> Hashable:
    """Return what Matplotlib goes by when it is imported, as it is now."""
    variables = {n: v for n, v in os.environ.items() if n.startswith(_VARIABLES)}
    chosen = os.path.abspath(matplotlib.matplotlib_fname())  # noqa: PTH100 - of this folder, maybe
    styles = Path(matplotlib.get_configdir(), "stylelib").glob("*")
    fonts = Path(matplotlib.get_cachedir()).glob("fontlist*")
    files = [Path(chosen), *styles, *fonts]
    return frozenset(variables.items()), frozenset((f, f.stat().st_mtime_ns) for f in files)


class Shelf(MetaPathFinder, Loader):
    """Gives a package out, once, to who imports it where that makes no difference."""

    def __init__(
        self, name: str, modules: dict[str, ModuleType], settings: Callable[[], Hashable]
    ) -> None:
        self._name = name
        self._modules = modules
        self._spec = modules[name].__spec__
        self._settings = settings
        self._then = settings()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec of the package when it may be given out."""
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        found = PathFinder.find_spec(fullname, path, target)
        if found is None or self._spec is None or found.origin != self._spec.origin:
            return None  # it is another one
        if not self._is_as_then():
            return None
        found.loader = self  # all else of it stands: some only ask where a package is
        return found

    def _is_as_then(self) -> bool:
        try:
            return self._settings() == self._then
        except (OSError, RuntimeError):  # a file that was just removed, as locks are; no home
            return False

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the package."""
        return self._modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Give all of it out."""
        module.__spec__ = self._spec
        sys.modules.update(self._modules)
