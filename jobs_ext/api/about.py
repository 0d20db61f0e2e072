"""The root of the API: which server this is."""

from __future__ import annotations

from msgspec import Struct
from tornado import web

from .. import __version__
from ..model.policy import Policy
from ..service.principal import Verb
from ..service.slots import Slots
from ..service.surroundings import ends_with
from .handler import JobsHandler
from .operation import authorized, operation


class Nonce(Struct, frozen=True):
    """A file of this server: a client that reads `value` at `path` shares its file system."""

    path: str  # on the server's machine
    value: str  # what the file holds


class About(Struct, frozen=True):
    """What a client wants to know before anything else."""

    name: str  # jobs_ext, whatever server it is part of
    version: str  # of the package
    api: int  # of this interface
    server: str  # the data directory's fingerprint
    owner: str  # whose jobs a submit by this caller makes
    nonce: Nonce  # by which a client finds out whether it shares the file system
    slots: Slots  # what its jobs can have together
    policy: Policy  # what a job, and its owner, may have
    stored: int  # bytes of outputs, uploads and data sets that the owner keeps
    ends_with: str  # what ends all jobs by its end, e.g. a container; "" when nothing does


class AboutHandler(JobsHandler):
    """``api/v1``."""

    @web.authenticated
    @authorized("read", resource="jobs_ext:api")
    @operation("Which server this is", response=About)
    async def get(self) -> About:
        """Return versions, fingerprint, owner and capacity."""
        return await self.call(self._about)

    def _about(self) -> About:
        self.who.require(*map(str, Verb))  # any will do: whoever may do anything begins here
        nonce = self.service.paths.nonce
        return About(
            name="jobs_ext",
            version=__version__,
            api=1,
            server=self.service.fingerprint,
            owner=self.who.owner,
            nonce=Nonce(str(nonce), nonce.read_text().strip()),
            slots=self.service.slots,
            policy=self.service.policy,
            stored=self.service.stored(self.who),
            ends_with=ends_with(),
        )
