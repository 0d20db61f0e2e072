"""What UFDL's server lists and never changes: types, contracts, hardware, licences."""

from __future__ import annotations

from . import contracts, types

_TYPES = "ufdl.jobtypes"
_CONTRACTS = "ufdl.jobcontracts"
_PLACES = {
    "standard.container": ("Array", "Map"),
    "standard.server": (
        *("CUDAVersion", "Dataset", "DockerImage", "Domain", "Framework", "Hardware"),
        "PretrainedModel",
    ),
    "standard.util": ("BLOB", "Compressed", "JSON", "Nothing"),
    "standard": ("JobOutput", "Model", "Name", "PK"),
}
_CLASSES = {"str": "String", "int": "Integer", "float": "Float", "bool": "Boolean"}
_MODULES = {name: place for place, names in _PLACES.items() for name in names}

Row = dict[str, object]

JOB_TYPES: list[Row] = [
    {
        "pk": pk,
        "name": name,
        "pkg": _TYPES,
        "cls": f"{_TYPES}.{_MODULES.get(name, 'base')}.{_CLASSES.get(name, name)}",
    }
    for pk, name in enumerate(types.KINDS, 1)
]
JOB_CONTRACTS: list[Row] = [
    {"pk": pk, "name": name, "pkg": _CONTRACTS, "cls": f"{_CONTRACTS}.standard.{name}"}
    for pk, name in enumerate(contracts.NAMES, 1)
]
_GENERATIONS = {
    "Fermi": 2.0, "Kepler": 3.0, "Maxwell": 5.0, "Pascal": 6.0, "Volta": 7.0, "Turing": 7.5,
    "Ampere": 8.0, "Hopper": 9.0,
}  # fmt: skip
_ENDS = [*_GENERATIONS.values(), 10.0][1:]
HARDWARE: list[Row] = [
    {
        "pk": pk,
        "generation": name,
        "min_compute_capability": first,
        "max_compute_capability": end,
    }
    for pk, ((name, first), end) in enumerate(zip(_GENERATIONS.items(), _ENDS, strict=True), 1)
]
_NAMES = (
    *("AGPL3", "Apache 2.0", "BSD 2-clause", "BSD 3-clause", "CC0", "CC-BY-4.0", "CC-BY-SA-4.0"),
    *("GPL2", "GPL3", "LGPL3", "MIT", "Mozilla Public License 2.0", "The Unlicense", "Proprietary"),
)
LICENCES: list[Row] = [{"pk": pk, "name": name} for pk, name in enumerate(_NAMES, 1)]
