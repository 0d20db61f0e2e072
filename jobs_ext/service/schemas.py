"""Values against JSON Schema 2020-12, quick when the same value comes a hundred thousand times."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import msgspec

from ..model.errors import InvalidRequest
from ..model.multiples import is_multiple
from .expressions import TooLong, has_match
from .hints import did_you_mean, listed

_REMEMBERED = 10_000
_COMPILED = 500  # schemas that are kept: to look whether one is good takes longer than a submit
_SIMPLE = (str, int, float, bool, type(None))
_VALUES = ("const", "default", "enum", "examples")
_ARTICLES = {
    "integer": "an integer, such as 3",
    "number": "a number, such as 0.5",
    "string": 'a text, such as "a"',
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class ValueSchema:
    """The schema of one value, compiled once."""

    def __init__(self, schema: dict[str, Any], field: str) -> None:
        """Compile `schema`; raise `InvalidRequest` naming `field` when it is no JSON Schema.

        What it refers to has to be in it, or in JSON Schema itself: nothing is fetched.
        """
        from jsonschema import SchemaError  # the runner never comes here

        try:
            self._validator = _compiled(msgspec.json.encode(schema))
        except SchemaError as error:
            path = ".".join([field, *map(str, error.path)])
            raise InvalidRequest(f"{path}: {error.message}.", field=path) from None
        except (RecursionError, OverflowError) as error:  # of the expressions in it
            raise InvalidRequest(f"{field}: {error}.", field=field) from None
        for reference in _references(schema):
            self._check_reference(reference, field)
        _check_unevaluated(schema, field)
        self._good: set[tuple[type, Any]] = set()

    def check(self, value: Any, field: str) -> None:
        """Raise `InvalidRequest` naming `field` unless `value` fits."""
        simple = isinstance(value, _SIMPLE)
        if simple and (type(value), value) in self._good:
            return
        self._check(value, field)
        if simple and len(self._good) < _REMEMBERED:
            self._good.add((type(value), value))

    def _check_reference(self, reference: str, field: str) -> None:
        from referencing.exceptions import Unresolvable

        try:
            self._validator._resolver.lookup(reference)
        except (Unresolvable, ValueError):
            raise InvalidRequest(
                f"{field}: its schema refers to {reference!r}, which is not in it.",
                field=field,
                value=reference,
                hint="Write the schema there, or refer to a place in it: #/$defs/name.",
            ) from None

    def _check(self, value: Any, field: str) -> None:
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            error = best_match(self._validator.iter_errors(value))
        except TooLong as wrong:  # the first ends it: nobody waits for one after the other
            raise InvalidRequest(
                f"{field}: it takes too long to look for {wrong} in it.",
                field=field,
                value=value,
            ) from None
        except (RecursionError, Unresolvable) as wrong:
            leads = "nowhere" if isinstance(wrong, Unresolvable) else "too deep"
            raise InvalidRequest(
                f"{field}: its schema leads {leads} with this value.", field=field, value=value
            ) from None
        if error is None:
            return
        place = field + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path)
        raise InvalidRequest(
            f"{place}: {error.message}.",
            field=place,
            value=error.instance,
            hint=_hint(error.validator, error.validator_value, error.instance),
        )


@lru_cache(_COMPILED)
def _compiled(schema: bytes) -> Any:
    """Return what checks values against a schema, which is JSON. Raises jsonschema's error."""
    kind, known = _validator_class(), msgspec.json.decode(schema)
    kind.check_schema(known)
    return kind(known, format_checker=kind.FORMAT_CHECKER, registry=_known_schemas())


@cache
def _known_schemas() -> Any:
    """Return the schemas that others can refer to; the default would fetch any other URL."""
    from jsonschema_specifications import REGISTRY

    return REGISTRY


def _references(schema: Any) -> Iterator[str]:
    """Yield what a schema refers to."""
    for one in _objects(schema):
        yield from (one[k] for k in ("$ref", "$dynamicRef") if isinstance(one.get(k), str))


def _check_unevaluated(schema: Any, field: str) -> None:
    """Raise `InvalidRequest` where jsonschema itself would look for expressions, without end."""
    keywords = {name for one in _objects(schema) for name in one}
    if {"patternProperties", "unevaluatedProperties"} <= keywords:
        raise InvalidRequest(
            f"{field}: a schema can't have both patternProperties and unevaluatedProperties.",
            field=field,
            hint="Write additionalProperties where patternProperties are.",
        )


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects that a schema is made of; values that it holds are none of it."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [part for name, part in one.items() if name not in _VALUES]
            yield one
        elif isinstance(one, list):
            waiting += one


@cache
def _validator_class() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    own = {
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    return extend(Draft202012Validator, own)


def _matches(expression: str, text: str) -> bool:
    """Look for an expression as long as that takes no longer than anybody waits."""
    try:
        return has_match(expression, text)
    except TooLong:
        raise TooLong(repr(expression)) from None


def _pattern(_: object, expression: str, value: Any, __: object) -> Iterator[Exception]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not _matches(expression, value):
        yield ValidationError(f"{value!r} does not match {expression!r}")


def _pattern_properties(
    validator: Any, schemas: dict[str, Any], value: Any, _: object
) -> Iterator[Exception]:
    """Hold the members whose names have a match to what the schema says of those."""
    if not isinstance(value, dict):
        return
    for expression, schema in schemas.items():
        for name in [name for name in value if _matches(expression, name)]:
            yield from validator.descend(value[name], schema, path=name, schema_path=expression)


def _additional_properties(
    validator: Any, allowed: Any, value: Any, schema: dict[str, Any]
) -> Iterator[Exception]:
    """Hold the members that the schema does not speak of to what it says of all others."""
    from jsonschema import ValidationError

    if not isinstance(value, dict):
        return
    others = [name for name in value if not _is_told_of(name, schema)]
    if isinstance(allowed, dict):
        for name in others:
            yield from validator.descend(value[name], allowed, path=name)
    elif not allowed and others:
        yield ValidationError(f"there can't be {listed(others)} in it")


def _is_told_of(name: str, schema: dict[str, Any]) -> bool:
    expressions = schema.get("patternProperties", ())
    return name in schema.get("properties", ()) or any(_matches(e, name) for e in expressions)


def _multiple_of(_: object, by: float, value: Any, __: object) -> Iterator[Exception]:
    """Take numbers as they are written: 0.3 is a multiple of 0.1, though not in binary."""
    from jsonschema import ValidationError

    if type(value) in (int, float) and not is_multiple(value, by):
        yield ValidationError(f"{value} is not a multiple of {by}")


def _hint(keyword: str, wanted: Any, value: Any) -> str:
    if keyword == "enum":
        near = did_you_mean(value, map(str, wanted)) if isinstance(value, str) else ""
        return near if near.startswith("Did") else f"Choose one of: {listed(wanted)}."
    if keyword == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"Give {' or '.join(_ARTICLES[kind] for kind in kinds)}."
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
        "multipleOf": "a multiple of",
    }
    if keyword in bounds:
        return f"Give {bounds[keyword]} {wanted}."
    return f"The schema says {keyword}: {wanted}."
