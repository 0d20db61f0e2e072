"""Room on the disks that jobs write to: what the runner does when there is none."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

from ..model.quantities import show_bytes
from ..model.reasons import ReasonCode
from ..store.faults import RESERVE, free, is_short
from .executors import Exited
from .staging import Plan
from .verdict import Verdict

_NOTHING = 1 << 16  # bytes: with less than this left, a write has failed
_SAID = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))
_MAY_BE = (ReasonCode.EXIT_CODE, ReasonCode.EXCEPTION, ReasonCode.MISSING_OUTPUT)
_log = logging.getLogger(__name__)


class Room:
    """Whether there is room to begin jobs; says in the log when that changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._short = False

    def is_short(self) -> bool:
        """Tell whether the disk of the data directory has too little room for new jobs."""
        short = is_short(self._root)
        if short and not self._short:
            left = show_bytes(free(self._root))
            _log.warning(
                "%s are free in %s: no job is begun until it is %s again",
                *(left, self._root, show_bytes(RESERVE)),
            )
        if self._short and not short:
            _log.info("there is room again in %s", self._root)
        self._short = short
        return short


def because_full(one: Plan, exited: Exited, verdict: Verdict) -> Verdict:
    """Return the verdict on an attempt, with a full disk as its reason where that was the cause.

    It was when the attempt said so at the end, or when no room was left where it wrote.
    """
    if verdict.code not in _MAY_BE:
        return verdict
    reason = verdict.reason or ""
    if any(said in reason for said in _SAID):
        return verdict._replace(code=ReasonCode.DISK_FULL)
    if exited.disk_full:
        folder = one.at.folder
    elif Path(one.cwd).is_dir() and free(Path(one.cwd)) < _NOTHING:
        folder = Path(one.cwd)
    else:
        return verdict
    told = f"{reason}; no space was left on the disk of {folder}"
    return verdict._replace(code=ReasonCode.DISK_FULL, reason=told)
