"""UFDL's job contracts: what a kind of job takes and makes."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from ...model.errors import InvalidRequest
from .types import Type, parse_arguments, plain


class Contract(Struct, frozen=True):
    """A contract with its types filled in."""

    name: str
    types: dict[str, Type]  # by the name of the type's parameter
    inputs: dict[str, list[Type]]  # what each input may be
    outputs: dict[str, Type]

    def __str__(self) -> str:
        """Return the one form of its text."""
        inner = ", ".join(map(str, self.types.values()))
        return f"{self.name}<{inner}>" if inner else self.name


class _Shape(NamedTuple):
    parameters: dict[str, str]
    inputs: dict[str, list[str]]
    outputs: dict[str, str]


_MODEL = {"DomainType": "Domain", "FrameworkType": "Framework"}
_SHAPES = {
    "Predict": _Shape(
        _MODEL, {"model": ["model output"], "dataset": ["dataset", "named dataset"]},
        {"predictions": "dataset"},
    ),
    "Train": _Shape(_MODEL, {"dataset": ["dataset"]}, {"model": "model"}),
    "Export": _Shape({}, {}, {}),
}  # fmt: skip
NAMES = tuple(_SHAPES)


def parse_contract(text: str, field: str) -> Contract:
    """Return the contract that a text means. Raises `InvalidRequest`, naming the `field`."""
    name, given = parse_arguments(text, field)
    if name not in _SHAPES:
        raise InvalidRequest(
            f"There is no contract {name!r}.",
            field=field,
            value=text,
            hint=f"Known: {', '.join(_SHAPES)}.",
        )
    shape = _SHAPES[name]
    if len(given) != len(shape.parameters):
        told = f"{name} takes {len(shape.parameters)} types, not {len(given)}."
        raise InvalidRequest(told, field=field, value=text)
    types = dict(zip(shape.parameters, given, strict=True))
    for parameter, wanted in shape.parameters.items():
        if not types[parameter].is_a(plain(wanted)):
            told = f"{types[parameter]} is no {wanted}."
            raise InvalidRequest(told, field=field, value=text)
    inputs = {one: [_of(kind, types) for kind in kinds] for one, kinds in shape.inputs.items()}
    outputs = {one: _of(kind, types) for one, kind in shape.outputs.items()}
    return Contract(name, types, inputs, outputs)


def _of(kind: str, types: dict[str, Type]) -> Type:
    """Return the type of an input or output of that kind."""
    domain = types["DomainType"]
    model = Type("Model", (domain, types["FrameworkType"]))
    dataset = Type("Dataset", (domain,))
    return {
        "model": model,
        "model output": Type("JobOutput", (model,)),
        "dataset": Type("PK", (dataset,)),
        "named dataset": Type("Name", (dataset,)),
    }[kind]
