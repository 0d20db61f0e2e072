"""Filters: one small syntax tree, and the fields it may name.

Every spelling (the text of ``filter=``, the JSON of a search, a dialect's own) is read into this
tree. A test of a field that has no value does not hold, and so its opposite does.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from .project import Visibility
from .reasons import ReasonCode
from .status import Stage, Status

Value = str | bool | int | float


class Compare(Struct, frozen=True, forbid_unknown_fields=True, tag="compare"):
    """The field stands to the value as the operator says; ``!=`` is the opposite of ``=``."""

    field: str  # one of the fields above, of this listing
    operator: Literal["=", "!=", "<", "<=", ">", ">="]  # those that the field's kind has
    value: Value  # of the field's kind; a time is a text


class In(Struct, frozen=True, forbid_unknown_fields=True, tag="in"):
    """The field is one of the values."""

    field: str  # one of the fields above, of this listing
    values: list[Value]  # each of the field's kind


class Like(Struct, frozen=True, forbid_unknown_fields=True, tag="like"):
    """The field's text contains, starts with or ends with a text, or fits a pattern.

    In a pattern (``how="pattern"``) ``%`` stands for any text, ``_`` for any character, and a
    backslash makes the next one stand for itself. What ignores case does so for A to Z.
    """

    field: str  # one of the fields above, of this listing
    text: str  # what is looked for, or the pattern
    how: Literal["contains", "starts", "ends", "pattern"] = "contains"  # where
    ignore_case: bool = False  # true: A to Z are like a to z


class IsNull(Struct, frozen=True, forbid_unknown_fields=True, tag="null"):
    """The field has no value."""

    field: str  # one of the fields above, of this listing


class And(Struct, frozen=True, forbid_unknown_fields=True, tag="and"):
    """All of them hold."""

    of: list[Filter]  # one or more


class Or(Struct, frozen=True, forbid_unknown_fields=True, tag="or"):
    """One of them holds."""

    of: list[Filter]  # one or more


class Not(Struct, frozen=True, forbid_unknown_fields=True, tag="not"):
    """It does not hold."""

    of: Filter  # what does not hold


Test = Compare | In | Like | IsNull
Filter = Compare | In | Like | IsNull | And | Or | Not


def signs(test: Like) -> list[tuple[str, bool]]:
    """Return the characters of the pattern that a test stands for, and which are wildcards."""
    if test.how != "pattern":
        before = [("%", True)] if test.how != "starts" else []
        after = [("%", True)] if test.how != "ends" else []
        return [*before, *((sign, False) for sign in test.text), *after]
    found: list[tuple[str, bool]] = []
    rest = iter(test.text)
    for sign in rest:
        quoted = sign == "\\"
        found.append((next(rest, sign), False) if quoted else (sign, sign in "%_"))
    return found


class Kind(StrEnum):
    """What a field holds, and so what it can be compared with."""

    TEXT = "text"
    CHOICE = "choice"  # one of a few known words
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"  # ISO 8601; without a zone it is UTC, without a time midnight
    ANY = "any"  # a text, a number or a truth value: it is compared with its like


class Field(Struct, frozen=True):
    """Something that can be filtered by."""

    kind: Kind
    meaning: str
    choices: tuple[str, ...] = ()
    many: bool = False  # several values: a test holds if it holds for one of them
    keyed: bool = False  # the values have names: with a dot and a name it is about those alone


def split(name: str) -> tuple[str, str | None]:
    """Return the name of a field and the key that is behind its dot."""
    field, dot, key = name.partition(".")
    return field, key if dot else None


def _choice(meaning: str, words: type[StrEnum]) -> Field:
    return Field(Kind.CHOICE, meaning, tuple(str(word) for word in words))


_KINDS = ("tool", "command", "script", "notebook", "function")

JOB_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "id": Field(Kind.TEXT, "the job's id"),
        "pk": Field(Kind.NUMBER, "its number"),
        "name": Field(Kind.TEXT, "its name"),
        "kind": Field(Kind.CHOICE, "what kind of target was submitted", _KINDS),
        "target": Field(Kind.TEXT, "what was submitted, as it is shown"),
        "tool": Field(Kind.TEXT, "the tool's name and version: wc-1.0"),
        "tool_name": Field(Kind.TEXT, "the tool's name, whichever the version"),
        "owner": Field(Kind.TEXT, "whose job it is"),
        "project": Field(Kind.TEXT, "its project"),
        "notebook": Field(Kind.TEXT, "the notebook it was submitted from, below the root"),
        "batch": Field(Kind.TEXT, "the id of its batch"),
        "batch_index": Field(Kind.NUMBER, "its place in the batch, from 0"),
        "status": _choice("its status", Status),
        "stage": _choice("the stage of an active job", Stage),
        "reason_code": _choice("why it stands as it does; not why it waits", ReasonCode),
        "reason": Field(Kind.TEXT, "the same as a sentence"),
        "created": Field(Kind.TIME, "when it was submitted; in a batch, when it was made"),
        "started": Field(Kind.TIME, "when its last attempt started"),
        "stopped": Field(Kind.TIME, "when it ended"),
        "deleted": Field(Kind.TIME, "when it was deleted"),
        "cancel_requested": Field(Kind.TIME, "when its end was asked for"),
        "priority": Field(Kind.NUMBER, "its priority"),
        "cpu": Field(Kind.NUMBER, "processors it reserves"),
        "memory": Field(Kind.NUMBER, "bytes of memory it reserves"),
        "timeout": Field(Kind.NUMBER, "seconds it may run"),
        "held": Field(Kind.BOOLEAN, "whether it is held"),
        "progress": Field(Kind.NUMBER, "how far it says it is, 0 to 1"),
        "attempts": Field(Kind.NUMBER, "how many attempts it had"),
        "exit_code": Field(Kind.NUMBER, "exit code of the last attempt"),
        "signal": Field(Kind.NUMBER, "signal that ended the last attempt"),
        "duration": Field(Kind.NUMBER, "seconds that the last attempt took"),
        "peak_memory": Field(Kind.NUMBER, "bytes of memory the last attempt used"),
        "host": Field(Kind.TEXT, "machine of the last attempt"),
        "output": Field(Kind.TEXT, "names of the outputs of the last attempt", many=True),
        "argument": Field(
            Kind.ANY,
            "values of its arguments; `argument.k` those of `k`: of a list each",
            many=True,
            keyed=True,
        ),
        "queue": Field(Kind.TEXT, "the queue it was in last"),
        "executor": Field(Kind.TEXT, "what runs it"),
        "archive": Field(Kind.TEXT, "the folder that its option archive names"),
    }
)
BATCH_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "id": Field(Kind.TEXT, "the batch's id"),
        "pk": Field(Kind.NUMBER, "its number"),
        "name": Field(Kind.TEXT, "its name"),
        "kind": Field(Kind.CHOICE, "what kind of target was submitted", _KINDS),
        "target": Field(Kind.TEXT, "what was submitted, as it is shown"),
        "tool": Field(Kind.TEXT, "the tool's name and version: wc-1.0"),
        "tool_name": Field(Kind.TEXT, "the tool's name, whichever the version"),
        "owner": Field(Kind.TEXT, "whose batch it is"),
        "project": Field(Kind.TEXT, "its project"),
        "created": Field(Kind.TIME, "when it was submitted"),
        "cancel_requested": Field(Kind.TIME, "when its end was asked for"),
        "n_jobs": Field(Kind.NUMBER, "how many jobs it has"),
        "priority": Field(Kind.NUMBER, "the priority of its jobs"),
        "held": Field(Kind.BOOLEAN, "whether it is held"),
    }
)
TOOL_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "id": Field(Kind.TEXT, "name and version: wc-1.0"),
        "name": Field(Kind.TEXT, "its name"),
        "version": Field(Kind.TEXT, "its version, as a text"),
        "title": Field(Kind.TEXT, "its title"),
        "description": Field(Kind.TEXT, "what it does"),
        "enabled": Field(Kind.BOOLEAN, "whether it can be submitted"),
        "executor": Field(Kind.TEXT, "what runs its jobs"),
        "input": Field(Kind.TEXT, "names of its inputs", many=True),
        "parameter": Field(Kind.TEXT, "names of its parameters", many=True),
    }
)
PROJECT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "name": Field(Kind.TEXT, "its name"),
        "title": Field(Kind.TEXT, "its title"),
        "description": Field(Kind.TEXT, "what it is for"),
        "visibility": _choice("who else sees it", Visibility),
        "owner": Field(Kind.TEXT, "who made it"),
        "members": Field(Kind.TEXT, "names of its members", many=True),
        "version": Field(Kind.NUMBER, "its version"),
        "created": Field(Kind.TIME, "when it was made"),
        "updated": Field(Kind.TIME, "when it was changed last"),
    }
)
KEY_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "id": Field(Kind.TEXT, "the key's id"),
        "name": Field(Kind.TEXT, "what it is for"),
        "owner": Field(Kind.TEXT, "whose jobs are submitted by it"),
        "verbs": Field(Kind.TEXT, "what it may do", many=True),
        "prefix": Field(Kind.TEXT, "how the key begins"),
        "created": Field(Kind.TIME, "when it was made"),
        "expires": Field(Kind.TIME, "when it ends by itself"),
        "last_used": Field(Kind.TIME, "when it was used last, to the minute"),
        "revoked": Field(Kind.TIME, "when it was ended"),
    }
)
NODE_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "id": Field(Kind.TEXT, "the node's id"),
        "pk": Field(Kind.NUMBER, "its number"),
        "name": Field(Kind.TEXT, "its name"),
        "owner": Field(Kind.TEXT, "who registered it"),
        "cpu": Field(Kind.NUMBER, "cores it gives to a job; no value: any"),
        "memory": Field(Kind.NUMBER, "bytes of memory it gives to a job; no value: any"),
        "gpus": Field(Kind.NUMBER, "GPUs it gives to a job"),
        "tags": Field(Kind.TEXT, "what jobs may ask for", many=True),
        "created": Field(Kind.TIME, "when it was registered first"),
        "seen": Field(Kind.TIME, "when it was last heard of"),
    }
)
OUTPUT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "name": Field(Kind.TEXT, "its name"),
        "media_type": Field(Kind.TEXT, "its type"),
        "size": Field(Kind.NUMBER, "its bytes"),
        "sha256": Field(Kind.TEXT, "the hash of its content, where it is known"),
        "main": Field(Kind.BOOLEAN, "whether it is the one that `df()` means"),
        "archive": Field(Kind.TEXT, "where it was archived, below the server's root"),
    }
)
DATASET_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "name": Field(Kind.TEXT, "its name"),
        "version": Field(Kind.NUMBER, "the number of the version"),
        "media_type": Field(Kind.TEXT, "its type"),
        "size": Field(Kind.NUMBER, "its bytes"),
        "sha256": Field(Kind.TEXT, "the hash of its content"),
        "owner": Field(Kind.TEXT, "who added the version"),
        "created": Field(Kind.TIME, "when it was added"),
    }
)
