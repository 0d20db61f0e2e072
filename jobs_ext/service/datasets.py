"""Data sets: named files of a project, in versions; each is kept once per content, as a part."""

from __future__ import annotations

import builtins

import msgspec
from sqlalchemy import Connection

from ..model.clock import now
from ..model.dataset import Dataset
from ..model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from ..model.filters import DATASET_FIELDS
from ..model.job import Output, Page
from ..model.project import Role
from ..store import cursors
from ..store import datasets as rows
from ..store.datasets import DatasetRow
from ..store.faults import mapped_faults
from ..store.stored import release_parts
from .core import Core
from .narrowing import Narrowing
from .principal import Principal
from .projects import administered_project, seen_project
from .quota import Room, charge, room_of
from .references import is_filename
from .uploads import Draft, Drafts, Upload, free_parts


class Datasets:
    """What can be done with data sets: who sees the project reads them, its writers add."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def list(
        self,
        who: Principal,
        project: str,
        limit: int = 100,
        cursor: str | None = None,
        filter: str | None = None,  # noqa: A002 - what it is called everywhere
    ) -> Page[Dataset]:
        """Return one page of a project's data sets that a filter finds, by name.

        Each is told of as its newest version.
        """
        who.require("read")
        asked = Narrowing(filter, DATASET_FIELDS, limit)
        after = "" if cursor is None else cursors.decode_name(cursor, "datasets")
        with self._store.read() as connection:
            seen_project(connection, who, project, "project")
            some = rows.latest(connection, project, after, asked.step + 1)
        return _page(asked, [_dataset(row) for row in some], "datasets", "name")

    def versions(
        self,
        who: Principal,
        project: str,
        name: str,
        limit: int = 100,
        cursor: str | None = None,
        filter: str | None = None,  # noqa: A002 - what it is called everywhere
    ) -> Page[Dataset]:
        """Return one page of the versions of a data set that a filter finds, the newest first."""
        who.require("read")
        asked = Narrowing(filter, DATASET_FIELDS, limit)
        before = None if cursor is None else cursors.decode(cursor, "versions")
        with self._store.read() as connection:
            find_dataset(connection, who, project, name)
            older = rows.versions(connection, project, name, before, asked.step + 1)
        return _page(asked, [_dataset(row) for row in older], "versions", "version")

    def find(self, who: Principal, project: str, name: str, version: int | None = None) -> Output:
        """Return the file of a version, of the newest by default; raises `NotFound`."""
        who.require("read")
        with self._store.read() as connection:
            found = find_dataset(connection, who, project, name, version)
        place = str(self._store.paths.parts(found.sha256))
        return Output(found.name, found.media_type, found.size, found.sha256, path=place)

    def check(
        self, who: Principal, project: str, name: str, version: int | None = None
    ) -> Room | None:
        """Raise what keeps `who` from adding a version of this name, before it is sent.

        Returns what it may take.
        """
        who.require("submit", "run")
        _check_name(name)
        with self._store.read() as connection:
            _next(connection, who, project, name, version)
            return room_of(connection, self._core.house.policy, who.owner)

    def add(
        self,
        who: Principal,
        project: str,
        name: str,
        media_type: str,
        draft: Draft,
        version: int | None = None,
    ) -> Dataset:
        """Keep a file as the next version; `Conflict` if that is not the `version` meant."""
        self.check(who, project, name, version)
        paths, sha256 = self._store.paths, draft.finish()
        uploads = {name: Upload(name, media_type, draft.path, sha256)}
        with (
            mapped_faults(paths.root),
            Drafts(paths, uploads) as drafts,
            self._store.write(poke=()) as tx,
        ):
            number = _next(tx, who, project, name, version)
            made = Dataset(project, name, number, media_type, draft.size, sha256, who.owner, now())
            with drafts.placed():
                rows.add(tx, msgspec.structs.asdict(made))
                charge(tx, paths, self._core.house.policy, who.owner, [sha256])
        return made

    def delete(self, who: Principal, project: str, name: str, version: int | None = None) -> None:
        """Delete a version, or all of them; the project's admins can.

        Jobs that were given it keep it.
        """
        who.require("submit", "run")
        with self._store.write(poke=()) as tx:
            find_dataset(tx, who, project, name, version)
            administered_project(tx, who, project, "project")
            freed = rows.remove(tx, now(), project, name, version)
            release_parts(tx, freed)
        free_parts(self._store, freed)


def find_dataset(
    connection: Connection, who: Principal, project: str, name: str, version: int | None = None
) -> Dataset:
    """Return a version of a data set that `who` may read, the newest by default.

    Raises `NotFound`.
    """
    seen_project(connection, who, project, "project")
    row = rows.find(connection, project, name, version) if name.isprintable() else None
    if row is None:
        known = "" if version is None else f" in version {version}"
        raise NotFound(
            f"The project {project!r} has no data set {name!r}{known}.",
            field="dataset" if version is None else "version",
            value=name if version is None else version,
            hint="It may have been deleted.",
        )
    return _dataset(row)


def _next(
    connection: Connection, who: Principal, project: str, name: str, wanted: int | None
) -> int:
    """Return the number of the next version; raise unless `who` may add it, and it is `wanted`."""
    row, role = seen_project(connection, who, project, "project")
    if role not in (Role.WRITER, Role.ADMIN):
        raise Forbidden(
            f"{who.owner} may not add data sets to the project {project!r}.",
            field="project",
            value=project,
            hint=f"Ask {row.owner} to become a writer of it.",
        )
    number = rows.last_version(connection, project, name) + 1
    if wanted not in (None, number):
        raise Conflict(
            f"The next version of {name!r} is {number}.",
            field="version",
            value=wanted,
            hint="Look at the newest first.",
        )
    return number


def _check_name(name: str) -> None:
    """Raise `InvalidRequest` unless a data set can be called so: as a file, without folders."""
    good = name.isprintable() and "/" not in name and name not in ("", ".", "..")
    if not (good and is_filename(name)):
        raise InvalidRequest(
            f"No data set can have the name {name!r}.",
            field="dataset",
            value=name,
            hint='Give the name of a file, such as "profiles.tsv".',
        )


def _page(asked: Narrowing, found: builtins.list[Dataset], order: str, field: str) -> Page[Dataset]:
    """Return a page of what was read, of which one more than a step says that there is more."""

    def cursor(one: Dataset) -> str:
        return cursors.encode(order, getattr(one, field))

    following = cursor(found[asked.step - 1]) if len(found) > asked.step else None
    return asked.page(found[: asked.step], following, cursor)


def _dataset(row: DatasetRow) -> Dataset:
    return Dataset(**row._mapping)
