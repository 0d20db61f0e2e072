"""The verbs that submit, with a server and options already chosen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from .errors import WrongArguments
from .targets import (
    CommandTarget,
    FileTarget,
    Target,
    ToolTarget,
    checked_options,
    looks_like_path,
)

if TYPE_CHECKING:
    from .batch import Batch
    from .client import Client
    from .functions import FunctionTarget
    from .job import Job

    Decorator = Callable[[Callable[..., Any]], FunctionTarget]


class Submitter:
    """What `jx.options(…)` returns, and what a `Client` is too."""

    def __init__(self, client: Client | None = None, options: Mapping[str, Any] = {}) -> None:
        self._client = client
        self._options = checked_options(options)

    def options(self, **options: Any) -> Submitter:
        """Return the same verbs with these options; they never mix with arguments.

        Those of `jobs_ext.model.request.Options`: name, cpu, memory, timeout, max_log_size,
        retries, after, python, kernel, cwd, inputs, outputs, env, key, …
        Raises `InvalidRequest` for others.
        """
        return Submitter(self._client, self._options | options)

    @overload
    def tool(self, what: str, /, **options: Any) -> ToolTarget: ...

    @overload
    def tool(self, what: Callable[..., Any], /, **options: Any) -> FunctionTarget: ...

    @overload
    def tool(self, what: None = None, /, **options: Any) -> Decorator: ...

    def tool(self, what: str | Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Return a registered tool, by its name (newest version) or name-version.

        Of a function, as its decorator, it makes one here: something with ``submit``, ``map``,
        ``form`` and ``options``, that can be called as before. ``@jx.tool(memory="4GB")`` gives
        all its jobs these options.
        """
        if options or what is None:
            chosen = self.options(**options)
            return chosen.function if what is None else chosen.tool(what)
        if callable(what):
            return self.function(what)
        return ToolTarget(what, self._client, self._options)

    def command(self, argv: Iterable[str | os.PathLike[str] | int | float]) -> CommandTarget:
        """Return a command: a list of words, never parsed by a shell."""
        return CommandTarget(argv, self._client, self._options)

    def script(self, path: str | os.PathLike[str]) -> FileTarget:
        """Return a script, run by its ``#!`` line or by this kernel's Python."""
        return FileTarget("script", path, self._client, self._options)

    def notebook(self, path: str | os.PathLike[str]) -> FileTarget:
        """Return a notebook; its parameters are given typed, never as spliced text."""
        return FileTarget("notebook", path, self._client, self._options)

    def function(self, function: Callable[..., Any]) -> FunctionTarget:
        """Return a Python function, to be called in a job."""
        from .functions import FunctionTarget

        return FunctionTarget(function, self._client, self._options)

    def target(self, what: Any) -> Target:
        """Return what `submit` and `map` take `what` for.

        A target is itself; a list is a command; a Path, or text with ./ or / in front, a
        notebook (.ipynb) or script; other text a tool; anything callable a function.
        """
        if isinstance(what, Target):
            return what.options(**self._options) if self._options else what
        if looks_like_path(what):
            return self.notebook(what) if Path(what).suffix == ".ipynb" else self.script(what)
        if isinstance(what, str):
            return self.tool(what)
        if isinstance(what, list | tuple):
            return self.command(what)
        if callable(what):
            return self.function(what)
        raise WrongArguments(
            f"{what!r} can't be submitted: only a tool's name, a list of words, a path, a function "
            "or a target"
        )

    def submit(self, what: Any, /, *args: Any, **arguments: Any) -> Job:
        """Submit one job and return its handle at once; see `target` for what `what` may be."""
        return self.target(what).submit(*args, **arguments)

    def map(self, what: Any, /, *over: Any, **fixed: Any) -> Batch:
        """Submit one job per argument set of what it goes over, as a batch; see `Target.map`."""
        return self.target(what).map(*over, **fixed)
