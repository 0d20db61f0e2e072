"""The tools that come with jobs_ext: one TOML file each, and the scripts they run."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs_ext.client.lists import ToolList


class _Tools(ModuleType):
    """Importing this package hides the function `jobs_ext.tools`; so it can be called as that."""

    def __call__(self) -> ToolList:
        """Return what can be run here, as a table."""
        from jobs_ext.client import session

        return session.tools()


sys.modules[__name__].__class__ = _Tools
