"""A Python function as a target: bound and pickled here, called in the job by argument names."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from types import ModuleType
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from jobs_ext.model import media
from jobs_ext.model import request as model

from . import pickling
from .errors import WrongArguments, near
from .exact import arrow_file
from .sources import sources
from .targets import Target
from .wire import DEEPEST, Part, Parts, Reference, References, is_inline, scalar

if TYPE_CHECKING:
    from .client import Client
    from .signatures import Described

PART = "function"
_HOLDING = (list, tuple, dict, Reference, References)
_SMALL = 4096  # bytes of a pickled value that is told as JSON, too


class FunctionTarget(Target):
    """A Python function; its arguments are bound and checked before anything is sent.

    Called, it is the function, here and at once; so is what a job gets that uses it by its name.
    """

    kind = "function"
    carried: tuple[ModuleType, ...] = ()  # modules sent along, which the job may not have

    def __init__(
        self,
        function: Callable[..., Any],
        client: Client | None = None,
        options: Mapping[str, Any] = {},
    ) -> None:
        super().__init__(client, options)
        if not callable(function):
            raise WrongArguments(f"a function is called, and a {type(function).__name__} can't be")
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self._signature = signature(function)

    def __call__(self, *args: Any, **arguments: Any) -> Any:
        """Call the function, in this process."""
        return self.function(*args, **arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled as what a job needs: something to call, without a server."""
        return functools.partial, (self.function,)

    @property
    def label(self) -> str:
        """The name of the function."""
        named = getattr(self.function, "func", self.function)  # functools.partial
        name = str(getattr(named, "__qualname__", type(named).__qualname__))
        return name.rpartition("<locals>.")[2]

    def described(self) -> Described:
        """Return what the signature and the docstring say."""
        from .signatures import described

        return described(self.function)

    def expression(self) -> str:
        """Return the name of the function, as the notebook knows it."""
        return self.label

    def _target(self, parts: Parts) -> model.Target:
        called = by_name(self.function)
        callee = at_home(called, self.function)
        texts = sources(self.function)
        sent = {"function": callee, "sources": texts} if texts else callee
        content = pickling.dumps(sent, self.label, self.carried, called)
        parts[PART] = Part("function.pickle", content, media.PICKLE)
        modules = pickling.modules_of(callee, self.carried) if self._options.get("python") else []
        code = pickling.code_hash(callee, self.carried) if self._is_compared() else UNSET
        return model.Target(function=PART, qualname=self.label, modules=modules, code=code)

    def _is_compared(self) -> bool:
        return self._options.get("cache") == "reuse"

    def _first(self) -> str:
        for parameter in self._signature.parameters.values():
            if parameter.kind is not parameter.VAR_KEYWORD:
                return parameter.name
        raise WrongArguments(f"{self.label}() takes no arguments, so there is nothing to map")

    def _arguments(
        self, args: Sequence[Any], arguments: Mapping[str, Any], parts: Parts
    ) -> dict[str, Any]:
        bound = self._bound(args, arguments)
        return self._named(bound, "arguments", parts)

    def _bound(self, args: Sequence[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            bound = self._signature.bind(*args, **arguments)
        except TypeError as error:
            hint = self._hint(arguments)
            raise WrongArguments(f"{self.label}(): {error}{'.' * bool(hint)}", hint=hint) from None
        return _flat(bound)

    def _hint(self, given: Iterable[str]) -> str:
        """Return what was meant by the first name that the function does not take; "" if none."""
        parameters = self._signature.parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        unknown = "" if takes_any else next((n for n in given if n not in parameters), "")
        if unknown in model.Options.__struct_fields__:
            return f"An option of the job is given by jx.options({unknown}=…)."
        return near(unknown, parameters) if unknown else ""

    def _named(self, arguments: Mapping[str, Any], place: str, parts: Parts) -> dict[str, Any]:
        compared = self._is_compared()
        return {name: encode(value, name, parts, compared) for name, value in arguments.items()}

    def _sets(
        self, sets: list[dict[str, Any]], fixed: Mapping[str, Any], parts: Parts
    ) -> list[dict[str, Any]]:
        for index, one in enumerate(sets):
            try:
                self._check({**one, **fixed})
            except TypeError as error:
                raise WrongArguments(f"argument set {index}: {error}") from None
        return super()._sets(sets, fixed, parts)

    def _check(self, named: Mapping[str, Any]) -> None:
        """Raise TypeError unless the function takes `named`; a positional-only one counts too."""
        fixed = [
            p.name
            for p in self._signature.parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)
        ]
        args = [named[name] for name in fixed if name in named]
        self._bound(args, {n: v for n, v in named.items() if n not in fixed})


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature; a built-in without one takes anything."""
    try:
        return inspect.signature(function)
    except ValueError:
        kinds = inspect.Parameter
        return inspect.Signature(
            [kinds("args", kinds.VAR_POSITIONAL), kinds("kwargs", kinds.VAR_KEYWORD)]
        )


def _flat(bound: inspect.BoundArguments) -> dict[str, Any]:
    """Return bound arguments by name; those of ``**kwargs`` under their own names."""
    flat: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            flat |= value
        elif bound.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            flat[name] = list(value)
        else:
            flat[name] = value
    return flat


def by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, or, where it can't be called by names alone, one that can.

    The new one is nested, so that it is pickled by value: the job's interpreter may lack us.
    """
    parameters = signature(function).parameters.values()
    single = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
    star = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    if star is not None:
        single += [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    if not single and star is None:
        return function

    def call(**named: Any) -> Any:
        __tracebackhide__ = True
        rest = named.pop(star, []) if star is not None else []
        values = [named.pop(name) for name in single if name in named]
        return function(*values, *rest, **named)

    return call


def at_home(callee: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `callee`, or, where it calls a `function` of the notebook, one that does so at home.

    What it uses of the notebook is then in the main module, where all that is pickled by name
    looks for it: `pickle`, joblib's files, processes of its own. It is nested, as in `by_name`.
    """
    inner = inspect.unwrap(getattr(function, "func", function))
    inner = getattr(inner, "__func__", inner)
    if getattr(inner, "__module__", "") != "__main__" or not inspect.isfunction(inner):
        return callee

    def call(**named: Any) -> Any:
        import sys
        import types

        __tracebackhide__ = True
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        kinds = {type(value).__name__: type(value) for value in named.values()}
        own = {name: kind for name, kind in kinds.items() if kind.__module__ == "__main__"}
        vars(main).update(inner.__globals__, **own, **{inner.__name__: inner})
        return callee(**named)

    return call


def encode(value: Any, name: str, parts: Parts, compared: bool = False) -> Any:
    """Return an argument as JSON when that is exact and small, else upload it and name the part.

    A part is called by its content, so that a value which several jobs share is sent once. If it
    is to be `compared`, it is told what it has in common with its equals of other kernels.
    """
    value = scalar(value)
    if is_inline(value):
        return value
    if isinstance(value, Reference):
        return value.reference()
    if isinstance(value, References):
        return [one.reference() for one in value.each()]
    if _holds_reference(value):
        return _each(value, name, parts, compared)
    part = _part(value, name)
    address = f"value-{hashlib.sha256(part.content).hexdigest()[:32]}"
    parts[address] = part
    pickled = compared and part.media_type == media.PICKLE
    code = {"code": pickling.code_hash(value)} if pickled else {}
    return {"$part": address, "text": describe(value), **_form_value(value, part), **code}


def _form_value(value: Any, part: Part) -> dict[str, str]:
    """Return, beside a small value, the JSON that a form fills in again for it, if there is any."""
    from .jsonvalues import json_of

    if len(part.content) > _SMALL:
        return {}
    try:
        return {"json": json.dumps(json_of(value), ensure_ascii=False)}
    except (TypeError, ValueError, AttributeError, RecursionError):  # no form has a field for it
        return {}


def _holds_reference(value: Any, depth: int = DEEPEST) -> bool:
    """Tell whether handles stand in lists or tuples, or under plain names in dicts."""
    if type(value) is dict and all(type(k) is str and not k.startswith("$") for k in value):
        return _holds_reference(list(value.values()), depth)
    if type(value) in (list, tuple) and depth:
        if not any(issubclass(kind, _HOLDING) for kind in set(map(type, value))):
            return False  # told at once of a million numbers
        return any(_holds_reference(one, depth - 1) for one in value)
    return isinstance(value, Reference | References)


def _each(value: Sequence[Any] | dict[str, Any], name: str, parts: Parts, compared: bool) -> Any:
    if not isinstance(value, dict):
        return [encode(one, name, parts, compared) for one in value]
    return {key: encode(one, name, parts, compared) for key, one in value.items()}


def _part(value: Any, name: str) -> Part:
    """Return a value as a file: a frame as Arrow where that is exact, anything else pickled."""
    content = arrow_file(value)
    if content is not None:
        return Part(f"{name}.arrow", content, media.guess("x.arrow"))
    return Part(f"{name}.pickle", pickling.dumps(value, name), media.PICKLE)


def describe(value: Any) -> str:
    """Return a value as one short text, for the list of a job's arguments."""
    kind = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{kind} {' × '.join(map(str, shape))}"
    if isinstance(value, date | time):
        return value.isoformat()
    text = str(value) if shape == () else repr(value)  # a NumPy number: without its type
    return text if len(text) <= 60 else f"{kind} {text[:40]}…"
