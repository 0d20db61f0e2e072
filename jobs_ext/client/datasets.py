"""The data sets of a project: files in versions, read like outputs, given to jobs as arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from jobs_ext.model import media
from jobs_ext.model.dataset import Dataset
from jobs_ext.model.job import Output, Page

from .errors import NoSuchDataset, NotFound, near
from .remote import RemoteFile
from .wire import Reference

if TYPE_CHECKING:
    import os

    from .connection import Connection


class DatasetFile(RemoteFile, Reference):
    """A version of a data set. Usable as a job's argument, which it stays for that job."""

    _kind = "data set"

    def __init__(self, connection: Connection, dataset: Dataset) -> None:
        info = Output(dataset.name, dataset.media_type, dataset.size, dataset.sha256)
        address = f"{_path(dataset.project, dataset.name)}/content"
        origin = f"project {dataset.project!r}"
        super().__init__(connection, info, address, {"version": dataset.version}, origin)
        self.dataset = dataset

    @property
    def version(self) -> int:
        """Its version, from 1."""
        return self.dataset.version

    def reference(self) -> dict[str, Any]:
        """Return the JSON by which a request names this version."""
        named = {"project": self.dataset.project, "name": self.name, "version": self.version}
        return {"$dataset": named}


class Datasets(Mapping[str, DatasetFile]):
    """A project's data sets by name, each as its newest version; always as they are now."""

    def __init__(self, connection: Connection, project: str) -> None:
        self._connection = connection
        self._project = project

    def __getitem__(self, name: str) -> DatasetFile:
        return DatasetFile(self._connection, next(self._all(_path(self._project, name))))

    def __iter__(self) -> Iterator[str]:
        return (dataset.name for dataset in self._all(_path(self._project)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        found = (DatasetFile(self._connection, one) for one in self._all(_path(self._project)))
        return "\n".join(map(repr, found)) or "<no data sets>"

    def versions(self, name: str, filter: str | None = None) -> list[DatasetFile]:  # noqa: A002
        """Return the versions of a data set that are there, the newest first; `filter`: which."""
        found = self._all(_path(self._project, name), filter)
        return [DatasetFile(self._connection, one) for one in found]

    def version(self, name: str, version: int) -> DatasetFile:
        """Return one version of a data set. Raises `NoSuchDataset`, as `datasets[name]` does."""
        for one in self._all(_path(self._project, name)):
            if one.version == version:
                return DatasetFile(self._connection, one)
        raise NoSuchDataset(
            f"The data set {name!r} has no version {version}.", field="version", value=version
        )

    def newest(self, filter: str | None = None) -> list[Dataset]:  # noqa: A002
        """Return what is known of each data set's newest version, by name; `filter` says which."""
        return list(self._all(_path(self._project), filter))

    def add(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        media_type: str | None = None,
        version: int | None = None,
    ) -> DatasetFile:
        """Send a file as the next version of a data set, or the first.

        Its name is the file's unless another is given; its type what the name's end stands for.
        With `version` only if that is the next one: raises `Conflict` else.
        """
        called = name or Path(path).name
        with Path(path).open("rb") as file:
            answer = self._connection.request(
                "PUT",
                f"{_path(self._project, called)}/content",
                params={} if version is None else {"version": version},
                data=file,
                headers={"Content-Type": media_type or media.guess(called)},
            )
        return DatasetFile(self._connection, msgspec.json.decode(answer.content, type=Dataset))

    def delete(self, name: str, version: int | None = None) -> None:
        """Delete a version of a data set, or all; jobs that were given it keep it."""
        params = {} if version is None else {"version": version}
        self._connection.request("DELETE", _path(self._project, name), params=params)

    def _all(self, path: str, where: str | None = None) -> Iterator[Dataset]:
        params: dict[str, Any] = {"limit": 500} | ({} if where is None else {"filter": where})
        while True:
            try:
                response = self._connection.request("GET", path, params=params)
            except NotFound as error:
                if error.field != "dataset":
                    raise
                raise self._missing(error) from None
            page = msgspec.json.decode(response.content, type=Page[Dataset])
            yield from page.items
            if page.next is None:
                return
            params["cursor"] = page.next

    def _missing(self, error: NotFound) -> NoSuchDataset:
        hint = near(str(error.value), self) or "It has none."
        return NoSuchDataset(error.message, field=error.field, value=error.value, hint=hint)


def _path(project: str, name: str | None = None) -> str:
    below = "" if name is None else f"/{quote(name, safe='')}"
    return f"projects/{quote(project, safe='')}/datasets{below}"
