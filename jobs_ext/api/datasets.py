"""Data sets of a project: listed, downloaded, added as versions, deleted."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import astuple
from tornado import web

from ..model import media
from ..model.dataset import Dataset
from ..model.job import Page
from ..service.references import LARGEST_VERSION
from .decode import decode_query
from .handler import JobsHandler
from .operation import Operation, authorized, describes, operation
from .receiving import ReceivingHandler
from .sending import FileHandler

RESOURCE = "jobs_ext:projects"
_FILE = "application/octet-stream"
_Version = Annotated[int, Meta(ge=1, le=LARGEST_VERSION)]


class DatasetsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    filter: str | None = None  # an expression: size > 1000000 and name ends ".csv"


class VersionQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which version is meant."""

    version: _Version | None = None  # None: the newest; to delete: all; to add: the next


class DatasetsHandler(JobsHandler):
    """``projects/{project}/datasets``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List the data sets of a project", response=Page[Dataset], query=DatasetsQuery)
    async def get(self, project: str, query: DatasetsQuery) -> Page[Dataset]:
        """Return one page of data sets, by name, each as its newest version."""
        listing = self.service.datasets.list
        return await self.call(listing, self.who, project, *astuple(query))


class DatasetHandler(JobsHandler):
    """``projects/{project}/datasets/{dataset}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List the versions of a data set", response=Page[Dataset], query=DatasetsQuery)
    async def get(self, project: str, dataset: str, query: DatasetsQuery) -> Page[Dataset]:
        """Return one page of the versions, the newest first."""
        listing = self.service.datasets.versions
        return await self.call(listing, self.who, project, dataset, *astuple(query))

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Delete a data set", status=204, query=VersionQuery)
    async def delete(self, project: str, dataset: str, query: VersionQuery) -> None:
        """Delete one version, or all; jobs that were given it keep it."""
        delete = self.service.datasets.delete
        await self.call(delete, self.who, project, dataset, query.version)


@web.stream_request_body
class ContentHandler(FileHandler, ReceivingHandler):
    """``projects/{project}/datasets/{dataset}/content``."""

    _wanted: int | None = None

    async def admit(self, **options: bool) -> None:
        """Before a file is sent, find out whether it may be."""
        await super().admit(**options)
        if self.request.method != "PUT" or self._finished:
            return
        await self._may_write()
        self._wanted = decode_query(self.request, VersionQuery).version
        project, name = self.path_args
        check = self.service.datasets.check
        await self.receive(await self.call(check, self.who, project, name, self._wanted))

    @authorized("write", resource=RESOURCE)
    async def _may_write(self, *_: str) -> None:
        """Raise unless the caller may write data sets."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @describes(
        Operation("Add a version", response=Dataset, status=201, raw=True, query=VersionQuery)
    )
    async def put(self, project: str, dataset: str) -> None:
        """Keep the body as the next version; its type is the header's, else what the name says.

        With `version` only if that is the next one: 409 else.
        """
        draft = await self.received()
        kind = self.request.headers.get("Content-Type") or media.guess(dataset)
        add = self.service.datasets.add
        made = await self.call(add, self.who, project, dataset, kind, draft, self._wanted)
        self.answer(made, 201)

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @describes(
        Operation("Download a data set, or its headers alone", media_type=_FILE, query=VersionQuery)
    )
    async def get(self, project: str, dataset: str) -> None:
        """Send the file or the range of it that is asked for; for a HEAD the headers alone."""
        version = decode_query(self.request, VersionQuery).version
        find = self.service.datasets.find
        await self.send_output(await self.call(find, self.who, project, dataset, version))

    head = get
