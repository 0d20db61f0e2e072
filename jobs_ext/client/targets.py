"""What can be submitted: a tool, a command, a script, a notebook or a Python function."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from jobs_ext.model import request as model
from jobs_ext.model.ids import new_id

from . import display
from .errors import InvalidRequest, near
from .meant import meant
from .wire import Parts, encoded, flat, plain

if TYPE_CHECKING:
    from jobs_ext.model.grant import Grant
    from jobs_ext.widgets.form import Form

    from .batch import Batch
    from .client import Client
    from .job import Job
    from .signatures import Described

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Target(ABC):
    """Something that can be run, with the options it is to be run with.

    Made by `jx.tool`, `jx.command`, `jx.script`, `jx.notebook` and `jx.function`.
    """

    kind = ""

    def __init__(self, client: Client | None = None, options: Mapping[str, Any] = {}) -> None:
        self._client = client
        self._options = checked_options(options)

    @property
    @abstractmethod
    def label(self) -> str:
        """What people call it."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.label}>"

    @property
    def client(self) -> Client:
        """The server it runs on: the one named, else this kernel's own."""
        from . import session

        return self._client or session.default()

    def options(self, **options: Any) -> Target:
        """Return the same target with these options added; see `jx.options` for their names."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._options = checked_options(self._options | options)
        return other

    def submit(self, /, *args: Any, **arguments: Any) -> Job:
        """Submit one job with these arguments and return its handle.

        Raises TypeError for arguments a function does not take, `InvalidRequest` for what the
        server refuses, `NoServer` when there is none.
        """
        body, parts = self._single(args, arguments)
        job = self.client.post_job(body, parts)
        if job.reused:
            display.say(f"{job.name}: not run again, {job.reason}.")
        return job

    def check(self, /, *args: Any, **arguments: Any) -> dict[str, Any]:
        """Say whether these arguments would be accepted, and where the job would run.

        Raises what `submit` would raise; nothing is submitted.
        """
        body, parts = self._single(args, arguments)
        return self.client.post_check(body, parts)

    def map(self, over: Any = None, /, *more: Any, **fixed: Any) -> Batch:
        """Submit one job per argument set, as a batch; `fixed` are added to every set.

        `over` is `jx.grid(…)`, `jx.zipped(…)`, a list of dicts, the rows of a frame, or values
        for the first parameter. Raises `WrongArguments` for a bare text, without `over` and for
        `more` than that.
        """
        from . import sweep

        parts: Parts = {}
        target = self._target(parts)
        sets = sweep.sets(over, self._first, more)
        for name in fixed.keys() & set().union(*sets):
            raise InvalidRequest(
                f"{name} is both fixed and varied.", field=f"fixed.{name}", value=str(fixed[name])
            )
        body = model.BatchRequest(
            target=target,
            arguments=self._sets(sets, fixed, parts),
            fixed=self._named(fixed, "fixed", parts),
            options=self._keyed(),
            context=self.client.context,
        )
        return self.client.post_batch(body, parts)

    def form(self, **fixed: Any) -> Form:
        """Return a form for the arguments, but those `fixed`; tools and functions have one."""
        from jobs_ext.widgets.form import Form

        return Form(self, fixed)

    def described(self) -> Described:
        """Return what there is to say of its arguments. Raises `InvalidRequest` if nothing is."""
        raise InvalidRequest(
            f"There is no form for a {self.kind}.",
            field="target",
            hint="Forms are for tools, functions and notebooks.",
        )

    def expression(self) -> str:
        """Return the Python for it in ``jx.submit(…)``."""
        return repr(self.label)

    @property
    def asked(self) -> model.Options:
        """The options it is to be run with, as far as they were given."""
        return msgspec.convert(to_wire(self._options), model.Options)

    def newest(self) -> dict[str, Any]:
        """Return the arguments of the newest job of the same; none when there is no job."""
        found = self.client.snapshots(limit=1, filter=self._same())
        return found[0].arguments if found else {}

    def _same(self) -> str:
        """Return the filter that finds jobs of this target."""
        return f"kind = {self.kind} and target = {encoded(self.label).decode()}"

    def _single(
        self, args: Sequence[Any], arguments: Mapping[str, Any]
    ) -> tuple[model.SubmitRequest, Parts]:
        parts: Parts = {}
        body = model.SubmitRequest(
            target=self._target(parts),
            arguments=self._arguments(args, arguments, parts),
            options=self._keyed(),
            context=self.client.context,
        )
        return body, parts

    def _keyed(self) -> model.Options:
        """Return the options with a key, so that a submit sent twice makes one job."""
        return msgspec.convert(to_wire({"key": new_id()} | self._options), model.Options)

    @abstractmethod
    def _target(self, parts: Parts) -> model.Target: ...

    def _first(self) -> str:
        raise InvalidRequest(
            f"A {self.kind} has no first parameter.",
            field="arguments",
            hint="Name the arguments: jx.grid(name=[…]) or a list of dicts.",
        )

    def _arguments(
        self, args: Sequence[Any], arguments: Mapping[str, Any], parts: Parts
    ) -> dict[str, Any]:
        if args:
            raise InvalidRequest(
                f"Arguments of a {self.kind} are given by name.",
                field="arguments",
                value=[str(arg) for arg in args],
                hint=f"Write for instance submit(…, name={args[0]!r}).",
            )
        return self._named(arguments, "arguments", parts)

    def _named(self, arguments: Mapping[str, Any], place: str, parts: Parts) -> dict[str, Any]:
        return {name: plain(value, f"{place}.{name}", parts) for name, value in arguments.items()}

    def _sets(
        self, sets: list[dict[str, Any]], fixed: Mapping[str, Any], parts: Parts
    ) -> list[dict[str, Any]]:
        return [self._named(one, f"arguments[{i}]", parts) for i, one in enumerate(sets)]


class ToolTarget(Target):
    """A registered tool, by name (its newest version) or by name and version."""

    kind = "tool"

    def __init__(
        self, name: str, client: Client | None = None, options: Mapping[str, Any] = {}
    ) -> None:
        super().__init__(client, options)
        hints = list(meant(name))
        if hints:
            raise InvalidRequest(
                f"{name!r} is not the name of a tool.",
                field="target.tool",
                value=name,
                hint=" ".join(hints),
            )
        self.name = name

    @property
    def label(self) -> str:
        """The name as it was given."""
        return self.name

    def described(self) -> Described:
        """Return what the tool says of its arguments."""
        from .signatures import Described

        tool, schema = self.client.tool_info(self.name)
        return Described(
            tool.title or tool.id,
            tool.description,
            schema["properties"],
            frozenset(schema.get("required", [])),
            tool.inputs,
        )

    def _same(self) -> str:
        name = encoded(self.name).decode()
        return f"tool = {name} or tool_name = {name}"

    @property
    def grants(self) -> list[Grant]:
        """Who may do what with it, beside those who may manage; only where it is restricted."""
        return self.client.grants(self._path)

    def share(
        self, grantee: str, *, read: bool = True, write: bool = False, execute: bool = False
    ) -> ToolTarget:
        """Let a user, or ``"world"``, see it; with `execute` also submit it, with `write` share it.

        It holds for all versions, and replaces what was granted to them before. Raises `Conflict`
        for a tool that is not restricted: everybody may submit it.
        """
        self.client.share(self._path, grantee, read=read, write=write, execute=execute)
        return self

    def unshare(self, grantee: str | None = None) -> ToolTarget:
        """Take back what was granted to a user or to ``"world"``; without a name, to everybody."""
        self.client.unshare(self._path, grantee)
        return self

    @property
    def _path(self) -> str:
        return f"tools/{quote(self.name, safe='')}"

    def _target(self, parts: Parts) -> model.Target:
        return model.Target(tool=self.name)

    def _first(self) -> str:
        names = list(self.client.tool_info(self.name).schema["properties"])
        return str(names[0]) if names else super()._first()


class CommandTarget(Target):
    """An argv, run as it stands and never by a shell.

    An element that is exactly ``{name}`` stands for the argument of that name.
    """

    kind = "command"

    def __init__(
        self,
        argv: Iterable[str | os.PathLike[str] | int | float],
        client: Client | None = None,
        options: Mapping[str, Any] = {},
    ) -> None:
        super().__init__(client, options)
        if isinstance(argv, str | bytes):
            raise InvalidRequest(
                "A command is a list of words.",
                field="target.command",
                value=str(argv),
                hint='Write ["wc", "-l", "data.txt"]; for a shell, ["sh", "-c", "…"].',
            )
        self.argv = [_word(word, i) for i, word in enumerate(argv)]

    @property
    def label(self) -> str:
        """The words with blanks between."""
        return " ".join(self.argv)

    def _target(self, parts: Parts) -> model.Target:
        return model.Target(command=self.argv)

    def _first(self) -> str:
        named = [m[1] for word in self.argv if (m := _PLACEHOLDER.fullmatch(word))]
        return named[0] if named else super()._first()


def _word(value: object, index: int) -> str:
    """Return a word of a command. Raises `InvalidRequest` for what is none, as another job."""
    if isinstance(value, str | Number):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    raise InvalidRequest(
        f"A {type(value).__name__} is not a word of a command.",
        field=f"target.command[{index}]",
        value=repr(value),
        hint='Write "{file}" in its place, and name it: submit(["wc", "{file}"], file=job).',
    )


class FileTarget(Target):
    """A script or a notebook, by its path."""

    def __init__(
        self,
        kind: str,
        path: str | os.PathLike[str],
        client: Client | None = None,
        options: Mapping[str, Any] = {},
    ) -> None:
        super().__init__(client, options)
        self.kind = kind
        self.path = Path(path).expanduser()

    @property
    def label(self) -> str:
        """The path."""
        return str(self.path)

    def described(self) -> Described:
        """Return what the cell of a notebook that is tagged ``parameters`` says."""
        from .parameters import described_notebook

        return described_notebook(self.path) if self.kind == "notebook" else super().described()

    def expression(self) -> str:
        """Return the path as `submit` takes it for one."""
        return repr(self.label if looks_like_path(self.label) else f"./{self.label}")

    def _target(self, parts: Parts) -> model.Target:
        path = str(self.path)
        return model.Target(notebook=path) if self.kind == "notebook" else model.Target(script=path)


def looks_like_path(what: object) -> bool:
    """Tell whether `submit` takes `what` for a file: a Path, or text with ./ or / in front."""
    return isinstance(what, PurePath) or (
        isinstance(what, str) and what.startswith(("./", "../", "/", "~/"))
    )


def checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return `options`, or raise `InvalidRequest` naming one that there is not or that misfits."""
    known = model.Options.__struct_fields__
    options = {n: flat(v) if n in ("after", "after_ended") else v for n, v in options.items()}
    for name, value in options.items():
        if name not in known:
            raise InvalidRequest(
                f"There is no option {name!r}.",
                field=f"options.{name}",
                value=str(value),
                hint=near(name, known),
            )
    try:
        msgspec.convert(to_wire(options), model.Options)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"options: {error}.", field="options") from None
    return options


def to_wire(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as JSON: handles become ids, paths text, a single value a list."""
    plain = {name: _option(value) for name, value in options.items()}
    for name in ("after", "after_ended", "inputs", "outputs"):
        if isinstance(plain.get(name), str):
            plain[name] = [plain[name]]
    if isinstance(plain.get("notify"), str | dict):
        plain["notify"] = [plain["notify"]]
    return plain


def _option(value: Any) -> Any:
    if isinstance(value, PurePath):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return [_option(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _option(one) for name, one in value.items()}
    return getattr(value, "id", value)
