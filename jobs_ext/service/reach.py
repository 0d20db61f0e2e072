"""How far a submit reaches whose sender may run declared tools only.

Such a sender shall not get, by way of a tool, what takes the verb ``run``: read any file of the
server, or have a program of their own loaded in place of the tool's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..model.errors import Forbidden
from ..model.policy import Policy
from ..model.request import Context, Options
from ..model.tool import Tool
from .files import lies_in, real_path, whole_path
from .principal import Principal, Verb
from .resolve import House
from .uris import is_uri

_FILES = "name files below the server's root folder only, and none that are hidden"
_ASK = f"Ask for the permission {str(Verb.RUN)!r}."


def may_run(who: Principal, policy: Policy) -> bool:
    """Tell whether a caller may run any command, and so may reach whatever the server can."""
    return Verb.MANAGE in who.verbs or (policy.allow_run and Verb.RUN in who.verbs)


class Reach:
    """What one caller's submits may name."""

    def __init__(self, who: Principal, house: House) -> None:
        self._owner = who.owner
        self._house = house
        self._far = may_run(who, house.policy)

    def context(self, given: Context) -> Context:
        """Return what a job gets of the submitter's surroundings: its folder and origin only."""
        if self._far:
            return given
        return msgspec.structs.replace(
            given, python=None, kernel=None, environment={}, path=[], version=None, packages=[]
        )

    def check_options(self, options: Options) -> None:
        """Raise `Forbidden` for what makes a tool's program another one than its author meant.

        That are an interpreter or kernel (which may read parameters as code of its own), files
        that the tool did not declare (they would lie where programs look for theirs), and all
        variables: too many programs can be told by one what to load for a list of them to hold.
        """
        if self._far:
            return
        for name in ("python", "kernel"):
            if (chosen := getattr(options, name)) is not None:
                raise self._forbidden(f"choose no {name} for a tool", f"options.{name}", chosen)
        for name, value in options.env.items():
            raise self._forbidden("set no variables for a tool", f"options.env.{name}", value)
        for name in options.inputs[:1]:
            what = "give a tool only files that it declares, as arguments"
            raise self._forbidden(what, "options.inputs[0]", name)

    def check_arguments(
        self, tool: Tool | None, arguments: dict[str, Any], base: str, prefix: str
    ) -> None:
        """Raise `Forbidden` for a file among a tool's arguments that is out of reach."""
        if self._far or tool is None:
            return
        for name, value in arguments.items():
            if name in tool.inputs:
                for field, one in _each(value, f"{prefix}.{name}"):
                    self._check_file(one, base, field)

    def _check_file(self, name: str, base: str, field: str) -> None:
        if is_uri(name):
            return
        root = real_path(Path(self._house.root))
        try:
            leads = real_path(whole_path(name, base))
        except ValueError:  # no file can have this name: it is refused for that
            return
        inside = leads.is_relative_to(root) and not any(
            part.startswith(".") for part in leads.relative_to(root).parts
        )
        if not inside or any(lies_in(leads, one) for one in self._house.reserved):
            raise self._forbidden(_FILES, field, name)

    def _forbidden(self, what: str, field: str, value: object) -> Forbidden:
        return Forbidden(f"{self._owner} may {what}.", field=field, value=value, hint=_ASK)


def _each(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """Yield the paths of an argument with their fields; what is none is refused elsewhere."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, list):
        for index, one in enumerate(value):
            if isinstance(one, str):
                yield f"{field}[{index}]", one
