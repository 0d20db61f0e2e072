"""Why an attempt can't be started or finished, found out by the runner."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ..model.errors import StoreUnavailable
from ..model.reasons import ReasonCode

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


class Defect(CannotStart):
    """Something in jobs_ext is wrong: the attempt fails for it, and no other does."""

    def __init__(self, doing: str, error: Exception) -> None:
        said = f"{type(error).__name__}: {error}"
        super().__init__(f"jobs_ext failed while {doing}: {said}", ReasonCode.INTERNAL_ERROR)


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
