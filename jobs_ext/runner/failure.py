"""Why an attempt can't be started or finished, found out by the runner."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ..model.errors import StoreUnavailable
from ..model.reasons import ReasonCode
from ..store.faults import FULL

_log = logging.getLogger(__name__)


class CannotStart(Exception):
    """The attempt fails without having run; says why."""

    def __init__(self, sentence: str, code: ReasonCode = ReasonCode.CANNOT_START) -> None:
        super().__init__(sentence)
        self.code = code


class MissingInput(CannotStart):
    """A file that the job reads is gone."""

    def __init__(self, what: str, path: object) -> None:
        super().__init__(f"{what} is gone: {path}", ReasonCode.MISSING_INPUT)


class MissingOutput(CannotStart):
    """An output that the job reads was not written by the other job, or not as the only one."""

    def __init__(self, what: str, job: str, name: str) -> None:
        wanted = f"no output {name}" if name else "not one output to stand for it"
        super().__init__(f"{what} is missing: job {job} left {wanted}", ReasonCode.MISSING_INPUT)


class ChangedInput(CannotStart):
    """A file that the job reads is not what it was at submit."""

    def __init__(self, what: str, path: object) -> None:
        told = f"{what} was edited after the job was submitted: {path}"
        super().__init__(told, ReasonCode.INPUT_CHANGED)


class Defect(CannotStart):
    """What was not foreseen, such as a full disk: the attempt fails for it, and no other does."""

    def __init__(self, doing: str, error: Exception) -> None:
        full = isinstance(error, OSError) and error.errno in FULL
        code = ReasonCode.DISK_FULL if full else ReasonCode.INTERNAL_ERROR
        said = f"{type(error).__name__}: {error}"
        super().__init__(f"jobs_ext failed while {doing}: {said}", code)


@contextmanager
def one_alone(key: str, doing: str) -> Iterator[None]:
    """Raise `Defect` for what was not foreseen: one attempt must never end those of others."""
    try:
        yield
    except (CannotStart, StoreUnavailable):
        raise
    except Exception as error:
        _log.exception("attempt %s, while %s", key, doing)
        raise Defect(doing, error) from error
