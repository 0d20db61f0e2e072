"""What many jobs share, kept once: environments, tools as they were at submit, requests."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from ..model.provenance import Origin
from ..model.request import Context, Options, Target
from ..model.tool import Tool
from ..model.work import Fingerprint
from .prepared import Prepared, insertion
from .schema import content, uses

_REMEMBERED = 512


class Spec(Struct, frozen=True):
    """A request without its arguments, as it is run: settled paths, parts by hash."""

    target: Target
    options: Options
    context: Context
    tool: dict[str, Any] | None
    parts: dict[str, str]  # name of an uploaded part → SHA-256
    base: str  # folder that relative input paths start from
    inputs: dict[str, Fingerprint] = {}  # files it reads, by path, as they were at submit
    root: str = ""  # of one that is archived: the server's root folder at submit


def without_variables(spec: Spec) -> Spec:
    """Return a spec without the environment variables that its owner gave by option."""
    options = msgspec.structs.replace(spec.options, env={})
    return msgspec.structs.replace(spec, options=options)


class _Kept(Struct, frozen=True, omit_defaults=True):
    """A spec as it is kept: context and tool are content of their own.

    The origin, which differs from cell to cell, is not kept with the rest of the context.
    """

    target: Target
    options: Options
    context: str
    tool: str | None
    parts: dict[str, str]
    base: str
    inputs: dict[str, Fingerprint] = {}
    root: str = ""
    origin: Origin = Origin()


_PUT = Prepared(
    insert(content).values(hash=bindparam("hash"), body=bindparam("body")).on_conflict_do_nothing()
)


_USE = insertion(uses, frozenset({"spec", "used"}))


def put(tx: Connection, value: Any) -> str:
    """Keep `value` as JSON and return its hash."""
    return _put(tx, value)[0]


def _put(tx: Connection, value: Any) -> tuple[str, bool]:
    """Keep `value`; return its hash, and whether it was not there yet."""
    body = msgspec.json.encode(value)
    key = hashlib.sha256(body).hexdigest()
    return key, _PUT.run(tx, hash=key, body=body.decode()).rowcount > 0


def put_spec(tx: Connection, spec: Spec) -> str:
    """Keep a spec and return its hash."""
    tool = None if spec.tool is None else put(tx, spec.tool)
    context = put(tx, msgspec.structs.replace(spec.context, origin=Origin()))
    rest = (spec.parts, spec.base, spec.inputs, spec.root, spec.context.origin)
    kept = _Kept(spec.target, spec.options, context, tool, *rest)
    key, is_new = _put(tx, kept)
    if is_new:
        used = {context, *([] if tool is None else [tool]), *spec.parts.values()}
        _USE.run_many(tx, [{"spec": key, "used": one} for one in sorted(used)])
    return key


class SpecCache:
    """Reads specs, remembering the latest: jobs of a batch share one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[str, Spec] = OrderedDict()
        self._tools: OrderedDict[str, Tool] = OrderedDict()

    def load(self, connection: Connection, keys: Iterable[str]) -> dict[str, Spec]:
        """Return the specs with these hashes."""
        wanted = set(keys)
        with self._lock:
            found = {key: self._known[key] for key in wanted & self._known.keys()}
        fresh = {key: _read_spec(connection, key) for key in wanted - found.keys()}
        with self._lock:
            self._known.update(fresh)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found | fresh

    def tool(self, connection: Connection, key: str) -> Tool | None:
        """Return the tool of the spec with this hash; None for a spec of none."""
        kept = self.load(connection, [key])[key].tool
        if kept is None:
            return None
        with self._lock:
            known = self._tools.get(key)
        if known is None:
            known = msgspec.convert(kept, Tool)
            with self._lock:
                self._tools[key] = known
                while len(self._tools) > _REMEMBERED:
                    self._tools.popitem(last=False)
        return known


def _read_spec(connection: Connection, key: str) -> Spec:
    kept = msgspec.json.decode(_body(connection, key), type=_Kept)
    common = msgspec.json.decode(_body(connection, kept.context), type=Context)
    context = msgspec.structs.replace(common, origin=kept.origin)
    tool = None if kept.tool is None else msgspec.json.decode(_body(connection, kept.tool))
    rest = (kept.parts, kept.base, kept.inputs, kept.root)
    return Spec(kept.target, kept.options, context, tool, *rest)


def _body(connection: Connection, key: str) -> str:
    query = select(content.c.body).where(content.c.hash == key)
    body: str = connection.execute(query).scalar_one()
    return body
