"""The environment of an attempt."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from ..model.environment import allowed
from ..model.work import Work
from ..store.paths import AttemptPaths

#: What all jobs get unless the submitter says otherwise: logs are read while they are written.
_DEFAULTS = {"PYTHONUNBUFFERED": "1"}


def shared(work: Work) -> dict[str, str]:
    """Return what all jobs of one submission have in common.

    The submitter's variables, or, when it sent none, the same ones of this process; then the
    ``env=`` option.
    """
    given = work.context.environment
    base = given if "PATH" in given else _ours() | given
    found = _DEFAULTS | base
    if work.tool is not None and work.context.python:
        found["PATH"] = _first(Path(work.context.python).parent, found.get("PATH", os.defpath))
    return found | work.options.env


@functools.cache
def _ours() -> dict[str, str]:
    return allowed(os.environ)


def _first(folder: Path, path: str) -> str:
    """Return a PATH on which a tool's ``python`` is the interpreter it runs under."""
    return os.pathsep.join([str(folder), path])


def own(work: Work, at: AttemptPaths) -> dict[str, str]:
    """Return what is this attempt's alone."""
    found = {
        "JOBS_ID": work.id,
        "JOBS_ATTEMPT": str(work.attempt),
        "JOBS_OUTPUT_DIR": at.text("outputs"),
        "JOBS_PROGRESS": at.text("progress"),
        "JOBS_CHECKPOINT_DIR": at.checkpoints,
    }
    if work.gpus:  # ROCR_VISIBLE_DEVICES would number anew what HIP numbers by the other two
        found |= dict.fromkeys(("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"), ",".join(work.gpus))
    if work.batch is not None:
        found["JOBS_BATCH"] = work.batch
        found["JOBS_BATCH_INDEX"] = str(work.batch_index)
    return found
