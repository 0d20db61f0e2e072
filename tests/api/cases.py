"""Who gets what of every live route: one table, for tests/api/test_matrix.py."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any, NamedTuple

from jobs_ext.model.ids import new_id

NOBODY = "https://example.org/"
UNKNOWN = {"ids": [new_id()]}  # each job is refused by itself

#: Everybody who may ask. `ann` owns the things; three were granted something on her jobs, and on
#: the tool; `key …` are her keys, each with that verb alone.
LOGINS = ("ann", "reader", "writer", "executor", "stranger", "root")
KEYS = ("key read", "key submit", "key run", "key work", "key manage")
OUT = {"expired": 401, "revoked": 401, "nobody": 403}

READERS = {"ann", "reader", "writer", "executor", "root", "key read"}
WRITERS = {"ann", "writer", "root", "key submit", "key run"}
TELLERS = {"ann", "writer", "root", "key read"}
EXECUTORS = {"ann", "executor", "root", "key submit", "key run"}
OWNERS = {"ann", "root", "key submit", "key run"}
SUBMITTERS = {*LOGINS, "key run"}
MEMBERS = {"ann", "reader", "writer", "root", "key read"}
OUTSIDERS = {"stranger", "executor"}
WORKERS = {"root", "key work"}
GRANTEES = {"reader", "writer", "executor"}
ALL_BLIND = {"stranger", *GRANTEES}


class Case(NamedTuple):
    """What a request is answered: `ok` to those who may, 404 to the `blind`, 403 to the others."""

    ok: int
    may: Set[str]
    blind: Set[str] = frozenset({"stranger"})
    body: Any = None  # or what makes one
    more: Mapping[str, int] = MappingProxyType({})  # answers that are others still
    query: Mapping[str, str] = MappingProxyType({})


#: `{job}` is one of ann's that waits, `{done}` one that has ended and left a.txt, `{gone}` one in
#: the trash; `{mine}` a restricted tool. What stands behind a blank tells cases of a route apart.
TABLE = {
    "GET ": Case(200, {*LOGINS, *KEYS} - {"key manage"}),
    "GET openapi.json": Case(200, {*LOGINS, *KEYS}),
    "GET tools": Case(200, {*LOGINS, "key read"}),
    "GET tools/{open}": Case(200, {*LOGINS, "key read"}),
    "GET tools/{tool}": Case(200, {*GRANTEES, "root"}, {"ann", "stranger", "key read"}),
    "POST tools": Case(201, {"root"}, set(), lambda: {"name": new_id(), "command": ["true"]}),
    "PUT tools/{made}": Case(200, {"root"}, set(), {"name": "made", "command": ["false"]}),
    "DELETE tools/{made}": Case(204, {"root"}, set()),
    "GET tools/{tool}/grants": Case(200, {*GRANTEES, "root"}, {"ann", "stranger", "key read"}),
    "DELETE tools/{open}/grants": Case(204, {"root"}, set()),
    "PUT tools/{tool}/grants/{grantee}": Case(
        200, {"writer", "root"}, {"ann", "stranger", "key submit", "key run"}, {}
    ),
    "DELETE tools/{tool}/grants/{grantee}": Case(
        204, {"writer", "root"}, {"ann", "stranger", "key submit", "key run"}
    ),
    "GET queues": Case(200, {*LOGINS, "key read"}),
    "GET retention": Case(200, {*LOGINS, "key read"}),
    "POST check": Case(200, SUBMITTERS, body={"target": {"command": ["true"]}}),
    "GET jobs": Case(200, {*LOGINS, "key read"}),
    "POST jobs": Case(
        201, SUBMITTERS, body={"target": {"command": ["true"]}, "options": {"hold": True}}
    ),
    "POST jobs of an open tool": Case(
        201,
        {*SUBMITTERS, "key submit"},
        body={
            "target": {"tool": "open"},
            "options": {"hold": True},
        },
    ),
    "POST jobs of a restricted tool": Case(
        201,
        {"executor", "root"},
        set(),
        {"target": {"tool": "mine"}, "options": {"hold": True}},
        dict.fromkeys(("ann", "stranger", "key submit", "key run"), 400),
    ),
    "POST jobs/search": Case(200, {*LOGINS, "key read"}, body={}),
    "POST jobs/bulk/cancel": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "POST jobs/bulk/delete": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "POST jobs/bulk/reset": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "POST jobs/bulk/reinstate": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "GET jobs/{job}": Case(200, READERS),
    "DELETE jobs/{job}": Case(204, WRITERS),
    "PATCH jobs/{job}": Case(200, WRITERS, body={"priority": 1}),
    "POST jobs/{job}/cancel": Case(202, WRITERS),
    "POST jobs/{gone}/reinstate": Case(200, WRITERS),
    "POST jobs/{job}/purge": Case(202, OWNERS),
    "POST jobs/{job}/release": Case(200, WRITERS),
    "POST jobs/{job}/abort": Case(409, WRITERS),
    "POST jobs/{done}/rerun": Case(
        201, EXECUTORS - {"key submit"}, body={"options": {"hold": True}}
    ),
    "POST jobs/{job}/reset": Case(409, EXECUTORS),
    "GET jobs/{job}/view": Case(200, READERS),
    "GET jobs/{job}/code": Case(200, READERS),
    "GET jobs/{job}/provenance": Case(200, READERS),
    "GET jobs/{job}/history": Case(200, READERS),
    "GET jobs/{job}/notifications": Case(200, TELLERS),
    "POST jobs/{job}/notifications": Case(201, WRITERS, body={"url": NOBODY}),
    "GET jobs/{job}/notifications/{notification}": Case(200, TELLERS),
    "DELETE jobs/{job}/notifications/{notification}": Case(204, WRITERS),
    "GET jobs/{job}/grants": Case(200, READERS),
    "DELETE jobs/{job}/grants": Case(204, WRITERS),
    "PUT jobs/{job}/grants/{grantee}": Case(200, WRITERS, body={}),
    "DELETE jobs/{job}/grants/{grantee}": Case(204, WRITERS),
    "GET jobs/{done}/archive": Case(200, READERS),
    "POST jobs/{done}/archive": Case(202, WRITERS, body={"folder": "kept"}),
    "GET jobs/{done}/logs": Case(200, READERS),
    "GET jobs/{done}/outputs": Case(200, READERS),
    "GET jobs/{done}/outputs.zip": Case(200, READERS),
    "GET jobs/{done}/outputs/a.txt": Case(200, READERS),
    "HEAD jobs/{done}/outputs/a.txt": Case(200, READERS),
    "PUT jobs/{done}/outputs/b.txt": Case(200, WRITERS, body=b"b"),
    "DELETE jobs/{done}/outputs/b.txt": Case(204, WRITERS),
    "GET batches": Case(200, {*LOGINS, "key read"}),
    "POST batches": Case(
        201,
        SUBMITTERS,
        body={"target": {"command": ["true"]}, "arguments": [{}], "options": {"hold": True}},
    ),
    "GET batches/{batch}": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "DELETE batches/{batch}": Case(204, OWNERS, ALL_BLIND),
    "PATCH batches/{batch}": Case(200, OWNERS, ALL_BLIND, {"priority": 1}),
    "POST batches/{batch}/cancel": Case(202, OWNERS, ALL_BLIND),
    "POST batches/{batch}/reinstate": Case(409, OWNERS, ALL_BLIND),
    "POST batches/{batch}/purge": Case(202, OWNERS, ALL_BLIND),
    "POST batches/{batch}/reset": Case(409, OWNERS, ALL_BLIND),
    "POST batches/{batch}/release": Case(200, OWNERS, ALL_BLIND),
    "GET batches/{batch}/notifications": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "POST batches/{batch}/notifications": Case(201, OWNERS, ALL_BLIND, {"url": NOBODY}),
    "GET batches/{batch}/notifications/{notification}": Case(
        200, {"ann", "root", "key read"}, ALL_BLIND
    ),
    "DELETE batches/{batch}/notifications/{notification}": Case(204, OWNERS, ALL_BLIND),
    "GET batches/{batch}/outputs.zip": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "GET batches/{batch}/jobs": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "GET batches/{batch}/view": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "GET notifications": Case(200, {*LOGINS, "key read"}),
    "GET projects": Case(200, {*LOGINS, "key read"}),
    "POST projects": Case(201, {*LOGINS, "key submit", "key run"}, body=lambda: {"name": new_id()}),
    "GET projects/{project}": Case(
        200, {"ann", "reader", "writer", "root", "key read"}, {"stranger", "executor"}
    ),
    "PATCH projects/{project}": Case(200, OWNERS, {"stranger", "executor"}, {"title": "t"}),
    "DELETE projects/{project}": Case(204, OWNERS, {"stranger", "executor"}),
    "GET projects/{project}/datasets": Case(200, MEMBERS, OUTSIDERS),
    "GET projects/{project}/datasets/{dataset}": Case(200, MEMBERS, OUTSIDERS),
    "GET projects/{project}/datasets/{dataset}/content": Case(200, MEMBERS, OUTSIDERS),
    "HEAD projects/{project}/datasets/{dataset}/content": Case(200, MEMBERS, OUTSIDERS),
    "PUT projects/{project}/datasets/{dataset}/content": Case(201, WRITERS, OUTSIDERS, b"b"),
    "DELETE projects/{project}/datasets/{dataset}": Case(204, OWNERS, OUTSIDERS),
    "GET nodes": Case(200, {*LOGINS, "key read", "key work"}),
    "POST nodes": Case(201, WORKERS, set(), body=lambda: {"name": new_id()}),
    "GET nodes/{node}": Case(200, {"ann", "root", "key read", "key work"}, ALL_BLIND),
    "DELETE nodes/{node}": Case(204, WORKERS, set()),
    "POST nodes/{node}/ping": Case(200, WORKERS, set()),
    "POST nodes/{node}/acquire": Case(200, WORKERS, set(), {}),
    "POST nodes/{node}/jobs/{job}/start": Case(409, WORKERS, set(), {"attempt": 1}),
    "POST nodes/{node}/jobs/{job}/progress": Case(409, WORKERS, set(), {"attempt": 1}),
    "POST nodes/{node}/jobs/{job}/finish": Case(
        409, WORKERS, set(), {"attempt": 1, "success": True}
    ),
    "POST nodes/{node}/jobs/{job}/release": Case(409, WORKERS, set(), {"attempt": 1}),
    "GET nodes/{node}/jobs/{job}/inputs/0": Case(409, WORKERS, set(), query={"attempt": "1"}),
    "PUT nodes/{node}/jobs/{job}/outputs/a.txt": Case(
        409, WORKERS, set(), b"a", query={"attempt": "1"}
    ),
    "GET keys": Case(200, {*LOGINS}),
    "POST keys": Case(201, {*LOGINS}, body={"name": "k", "verbs": ["read"]}),
    "GET keys/{key}": Case(200, {"ann", "root"}, ALL_BLIND),
    "DELETE keys/{key}": Case(204, {"ann", "root"}, ALL_BLIND),
    "GET events": Case(426, {*LOGINS, *KEYS}),
}
