"""What can go wrong with a request; the API maps each to one HTTP status (see `http_status`)."""

from __future__ import annotations

from typing import ClassVar


class JobsError(Exception):
    """Base of every error that is part of the interface.

    `field` names what was wrong (``arguments.k``), `value` is what was given, `hint` says what
    to do instead.
    """

    http_status: ClassVar[int] = 500
    type: ClassVar[str] = "error"

    def __init__(
        self, message: str, *, field: str | None = None, value: object = None, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence with its hint, as a notebook shows it."""
        return f"{self.message} {self.hint}".rstrip()

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the traceback itself would only lead through our own code."""
        return [f"{type(self).__name__}: {self}"]


class InvalidRequest(JobsError):
    """A request that can't be carried out as it stands."""

    http_status = 400
    type = "invalid_request"


class Unauthenticated(JobsError):
    """The request carries a key that is not good here, or no longer."""

    http_status = 401
    type = "unauthenticated"


class Forbidden(JobsError):
    """The caller may not do this."""

    http_status = 403
    type = "forbidden"


class NotFound(JobsError):
    """There is no such thing, or not for this caller."""

    http_status = 404
    type = "not_found"


class Conflict(JobsError):
    """The request does not fit the present state of the thing."""

    http_status = 409
    type = "conflict"


class TooLarge(JobsError):
    """More was sent than the server takes."""

    http_status = 413
    type = "too_large"


class RangeNotSatisfiable(JobsError):
    """A byte range that lies outside the file."""

    http_status = 416
    type = "range_not_satisfiable"


class TooMany(JobsError):
    """More than one owner may have at once; later there may be room."""

    http_status = 429
    type = "too_many"


class OverQuota(JobsError):
    """An owner keeps as much as they may: something has to go first."""

    http_status = 507
    type = "over_quota"


class StoreUnavailable(JobsError):
    """The store can't answer now; trying again later may work."""

    http_status = 503
    type = "store_unavailable"


class StoreRefused(StoreUnavailable):
    """The store can't be used, and trying again changes nothing: somebody must see to it."""

    type = "store_refused"


class DiskFull(JobsError):
    """There is no space left to keep what was sent."""

    http_status = 507
    type = "disk_full"
