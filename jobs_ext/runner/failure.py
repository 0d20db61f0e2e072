"""Why an attempt can't be started, found out while it is being staged."""

from __future__ import annotations

from ..model.reasons import ReasonCode


class CannotStart(Exception):
    """The attempt fails without having run; says why."""

    def __init__(self, sentence: str, code: ReasonCode = ReasonCode.CANNOT_START) -> None:
        super().__init__(sentence)
        self.code = code


class MissingInput(CannotStart):
    """A file that the job reads is gone."""

    def __init__(self, what: str, path: object) -> None:
        super().__init__(f"{what} is gone: {path}", ReasonCode.MISSING_INPUT)
