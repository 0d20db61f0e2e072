"""Functions and values as bytes, for a job in the same interpreter; what fails is named."""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import pickle
import re
import sys
from collections import ChainMap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType, ModuleType
from typing import Any, ClassVar

from . import context
from .errors import NotPicklable

_OF_CODE = (
    *("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars"),
    *("co_argcount", "co_kwonlyargcount", "co_posonlyargcount", "co_flags"),
)
_CACHED = type(functools.cache(len))
_NUMBER = re.compile("[0-9a-f]{32}")  # by which cloudpickle knows a class
_TROUBLE = (TypeError, pickle.PicklingError, AttributeError, ValueError, RuntimeError, OSError)


def dumps(value: Any, what: str, carried: Iterable[ModuleType] = (), named: Any = None) -> bytes:
    """Return `value` pickled; modules beside the notebook go along by value.

    So do those of `carried`. `what` names the value, or `named` of which it was made, in the
    `NotPicklable` that is raised when something in it can't be sent.
    """
    try:
        with _by_value([*own_modules(), *carried]):
            return _pickled(value)
    except _TROUBLE:
        pass  # perhaps only a module beside the notebook holds what can't be sent
    try:
        with _by_value(carried):
            return _pickled(value)
    except _TROUBLE as error:
        raise NotPicklable(
            f"{culprit(value if named is None else named, what)} can't be sent to a job: {error}.",
            field=what,
            hint="Create it inside the function, or pass what is needed to create it.",
        ) from None


def _pickled(value: Any) -> bytes:
    file = io.BytesIO()
    _pickler()(file).dump(value)
    return file.getvalue()


@functools.cache
def _pickler() -> Any:
    """Return cloudpickle's class, taught to send what `functools.cache` made of a function."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Pickles by value also what remembers its values: without those."""

        dispatch_table: ClassVar[Any] = ChainMap(
            {_CACHED: _cached}, cloudpickle.Pickler.dispatch_table
        )

    return Pickler


def _cached(function: Any) -> str | tuple[Any, ...]:
    """Return how a function that remembers is pickled: by name where its module is, too."""
    import cloudpickle

    if function.__module__ not in {"__main__", *cloudpickle.list_registry_pickle_by_value()}:
        return str(function.__qualname__)
    known = function.cache_parameters()
    info = vars(functools)["_CacheInfo"]
    given = function.__wrapped__, known["maxsize"], known["typed"], info
    return _CACHED, given, vars(function)


def modules_of(value: Any, carried: Iterable[ModuleType] = ()) -> list[str]:
    """Return the top-level modules, of the standard library none, that unpickling `value` imports.

    `value` is something that `dumps` takes; what goes along by value is not imported.
    """
    import cloudpickle

    found: set[str] = set()

    class Listing(_pickler()):  # type: ignore[misc]
        """Notes what is pickled by its name alone."""

        def reducer_override(self, thing: Any) -> Any:
            """Return how `thing` is pickled; modules, functions and classes pass here."""
            way = super().reducer_override(thing)
            if way is NotImplemented and isinstance(thing, type | FunctionType):
                found.add(str(thing.__module__))
            elif isinstance(thing, ModuleType) and thing.__name__ not in by_value:
                found.add(thing.__name__)
            return way

    with _by_value([*own_modules(), *carried]):
        by_value = cloudpickle.list_registry_pickle_by_value()
        Listing(io.BytesIO()).dump(value)
    tops = {name.partition(".")[0] for name in found}
    return sorted(tops - sys.stdlib_module_names - {"__main__", "cloudpickle"})


def code_hash(value: Any, carried: Iterable[ModuleType] = ()) -> str:
    """Return a hash of what `value`, which `dumps` takes, does and holds.

    It is the same wherever functions and classes were defined: in the next kernel, too, or some
    lines below.
    """

    class Stable(_pickler()):  # type: ignore[misc]
        """Leaves out of code and classes where they come from."""

        def reducer_override(self, thing: Any) -> Any:
            """Return how `thing` is pickled; code and classes pass here."""
            if isinstance(thing, CodeType):
                return tuple, (_stable(thing),)
            way = super().reducer_override(thing)
            made = isinstance(thing, type) and isinstance(way, tuple) and len(way) > 2
            return _anywhere(way) if made else way

    file = io.BytesIO()
    with _by_value([*own_modules(), *carried]):
        Stable(file).dump(value)
    return hashlib.sha256(file.getvalue()).hexdigest()


def _stable(code: CodeType) -> list[Any]:
    """Return what code does: without its places, and with its constant sets in an order."""
    constants = [
        sorted(map(repr, one)) if isinstance(one, frozenset) else one for one in code.co_consts
    ]
    return [constants, *(getattr(code, name) for name in _OF_CODE)]


def _anywhere(way: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return how a class is pickled, without its number in this kernel and its line in the cell."""
    make, given, (members, slots), *rest = way
    given = tuple("" if isinstance(one, str) and _NUMBER.fullmatch(one) else one for one in given)
    members = {name: one for name, one in members.items() if name != "__firstlineno__"}
    return make, given, (members, slots), *rest


def own_modules() -> list[ModuleType]:
    """Return the imported modules that lie beside the notebook."""
    return [m for name, m in list(sys.modules.items()) if context.beside(name)]


@contextmanager
def _by_value(modules: Iterable[ModuleType]) -> Iterator[None]:
    import cloudpickle

    known = cloudpickle.list_registry_pickle_by_value()
    fresh = [m for m in modules if m.__name__ not in known]
    for module in fresh:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in fresh:
            cloudpickle.unregister_pickle_by_value(module)


def culprit(value: Any, what: str) -> str:
    """Say where in `value`, called `what`, is what can't be pickled: ``lock (a lock, used by f)``.

    Of an argument `x` it may be ``x.inner['a'][0] (a lock)``.
    """
    seen = {id(value)}
    owner = ""
    while True:
        inner = next(((n, v) for n, v in inside(value) if id(v) not in seen and _fails(v)), None)
        if inner is None:
            used = f", used by {owner}" if owner else ""
            return f"{what} (a {type(value).__name__}{used})"
        step, found = inner
        if isinstance(value, FunctionType):
            owner, what = value.__qualname__.rpartition("<locals>.")[2], step
        else:
            what += step
        value = found
        seen.add(id(value))


def _fails(value: Any) -> bool:
    import cloudpickle

    try:
        cloudpickle.dumps(value)
    except _TROUBLE:
        return True
    return False


def inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value is made of and takes along when it is pickled.

    Each is behind what follows the value's own name to reach it, or what a function calls it.
    """
    if isinstance(value, FunctionType):
        yield from _used_by(value)
    elif isinstance(value, dict):
        yield from ((f"[{k!r}]", v) for k, v in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{i}]", v) for i, v in enumerate(value))
    elif isinstance(getattr(value, "__func__", None), FunctionType):
        yield from ((".__self__", value.__self__), (".__func__", value.__func__))
    elif isinstance(value, functools.partial):
        yield from ((f".{name}", getattr(value, name)) for name in ("func", "args", "keywords"))
    else:
        held = dict(getattr(value, "__dict__", None) or {})
        yield from ((f".{name}", one) for name, one in held.items())


def _names(code: CodeType) -> dict[str, None]:
    """Return the names in code, in their order; with those in the comprehensions within."""
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return dict.fromkeys(itertools.chain(code.co_names, *map(_names, inner)))


def _used_by(function: FunctionType) -> Iterator[tuple[str, Any]]:
    import inspect

    yield from inspect.getclosurevars(function).nonlocals.items()
    known = function.__globals__
    yield from ((name, known[name]) for name in _names(function.__code__) if name in known)
    defaults = inspect.signature(function).parameters.values()
    yield from ((p.name, p.default) for p in defaults if p.default is not p.empty)
