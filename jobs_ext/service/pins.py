"""Data sets as arguments: at submit each becomes a part of the request, of one version for good.

So a job reads what its submitter saw, also when a newer version comes or this one is deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from ..model.dataset import Dataset
from ..model.errors import InvalidRequest, NotFound
from ..store.trash import used_parts
from .core import Core
from .datasets import find_dataset
from .principal import Principal
from .references import DATASET, PART, DatasetReference, dataset_reference, references
from .uploads import Upload

_Key = tuple[str, str, int | None]


class Pins:
    """Finds the data sets that the arguments of one request name, each once."""

    def __init__(self, core: Core, who: Principal, parts: Collection[str]) -> None:
        """Take who submits, and the names of the request's own parts."""
        self._core = core
        self._who = who
        self._parts = parts
        self._known: dict[_Key, dict[str, str]] = {}
        self.uploads: dict[str, Upload] = {}  # the versions found, as parts by name

    def pinned(self, arguments: dict[str, Any], prefix: str) -> dict[str, Any]:
        """Return arguments that name the parts instead; `InvalidRequest` for what is not there."""
        if not any(isinstance(value, dict | list) for value in arguments.values()):
            return arguments
        named = [r for r in references(arguments, prefix) if isinstance(r, DatasetReference)]
        if not named:
            return arguments
        with self._core.store.read() as connection:
            for one in named:
                if _key(one) not in self._known:
                    self._known[_key(one)] = self._found(connection, one)
        replaced: dict[str, Any] = self._replaced(arguments)
        return replaced

    def _found(self, connection: Connection, wanted: DatasetReference) -> dict[str, str]:
        """Return the reference to the part that a data set becomes."""
        try:
            found = find_dataset(connection, self._who, wanted.project, wanted.name, wanted.version)
        except NotFound as error:
            raise InvalidRequest(
                error.message, field=wanted.field, value=error.value, hint=error.hint
            ) from None
        text = _text(found)
        name = text
        while name in self._parts:  # an uploaded one may be called anything
            name += "'"
        place = self._core.store.paths.parts(found.sha256)
        self.uploads[name] = Upload(found.name, found.media_type, place, found.sha256)
        told = {"filename": found.name, "media_type": found.media_type}
        return {PART: name, "text": text, "dataset": text, **told}

    def _replaced(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._replaced(inner) for inner in value]
        if not isinstance(value, dict) or PART in value:
            return value
        if DATASET in value:
            return self._known[_key(dataset_reference(value[DATASET], ""))]
        return {name: self._replaced(inner) for name, inner in value.items()}


def _key(reference: DatasetReference) -> _Key:
    return reference.project, reference.name, reference.version


def _text(found: Dataset) -> str:
    return f"{found.project}/{found.name}@{found.version}"


def kept_parts(tx: Connection, uploads: Mapping[str, Upload]) -> dict[str, str]:
    """Return the hashes of pinned data sets by the names of their parts.

    `InvalidRequest` for one that was deleted since it was found. To be called inside the
    transaction that stores the request: from then on the request keeps them.
    """
    hashes = {name: upload.sha256 for name, upload in uploads.items() if upload.sha256}
    there = used_parts(tx, hashes.values()) if hashes else set()
    for name, sha256 in hashes.items():
        if sha256 not in there:
            raise InvalidRequest(
                f"The data set {name} has just been deleted.", field="arguments", value=name
            )
    return hashes
