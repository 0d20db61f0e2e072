"""What a function gets for what a form holds: looked at here, as no server knows its types."""

from __future__ import annotations

from typing import Any

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.typehints import Convert, Schema, converted
from jobs_ext.model.multiples import is_multiple

#: what a class may say to values that it does not take
_REFUSALS = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError)


def meant(name: str, value: Any, schema: Schema, convert: Convert | None) -> Any:
    """Return the value of the type that the parameter `name` has, e.g. a date for its text.

    Raises `InvalidRequest` naming the place, in the words of the schema or of the type.
    """
    _check(name, value, schema)
    try:
        return converted(convert, value)
    except _REFUSALS as error:
        raise InvalidRequest(
            f"{str(error).rstrip('.')}.", field=f"arguments.{name}", value=value
        ) from None


def _check(name: str, value: Any, schema: Schema) -> None:
    from jsonschema.exceptions import best_match

    error = best_match(_validator()(schema).iter_errors(value))
    if error is not None:
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path)
        told = f"{place.removeprefix('.')}: " if place else ""
        raise InvalidRequest(f"{told}{error.message}.", field=f"arguments.{name}", value=value)


def _validator() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(Draft202012Validator, {"multipleOf": _multiple_of})


def _multiple_of(_: object, by: float, value: Any, __: object) -> Any:
    from jsonschema import ValidationError

    if type(value) in (int, float) and not is_multiple(value, by):
        yield ValidationError(f"{value} is not a multiple of {by}")
