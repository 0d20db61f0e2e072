"""Several jobs, of different targets too, that are accepted together with what a dialect notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from msgspec import Struct

from ..model.job import Job
from ..model.request import SubmitRequest
from ..store.faults import mapped_faults
from .accept import store_job
from .core import Core
from .documents import keep
from .jobs import Jobs
from .principal import Principal
from .uploads import Drafts, Uploads


class Asked(Struct, frozen=True):
    """One of the jobs: its request, and the files that came for it."""

    request: SubmitRequest
    uploads: Uploads = {}


#: From the ids of the jobs what is noted of them: bodies of documents, by kind and key.
Note = Callable[[Sequence[str]], Mapping[str, Mapping[str, Any]]]


class Together:
    """Accepts several jobs as one."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        self._store = core.store
        self._jobs = jobs

    def submit(self, who: Principal, asked: Sequence[Asked], dialect: str, note: Note) -> list[Job]:
        """Accept all of these jobs, and keep the dialect's documents about them, or nothing.

        Raises what is wrong with the first request that is not good. Idempotency keys are for
        single jobs and batches: those of the requests are not looked at.
        """
        good = [self._jobs.draft(who, one.request, one.uploads) for one in asked]
        ids = []
        with mapped_faults(self._store.paths.root), ExitStack() as stack:
            files = [stack.enter_context(Drafts(self._store.paths, one.uploads)) for one in asked]
            tx = stack.enter_context(self._store.write())
            for draft, drafts in zip(good, files, strict=True):
                parts = stack.enter_context(drafts.placed())
                made = store_job(self._core, tx, who, draft, parts, key=None, request_hash=None)
                ids.append(made)
            for kind, bodies in note(ids).items():
                keep(tx, who, dialect, kind, bodies)
        return [self._core.job(who, job_id) for job_id in ids]
