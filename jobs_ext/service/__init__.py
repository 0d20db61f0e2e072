"""What can be done with jobs, each verb once, with permission, validation and event."""

from __future__ import annotations

from ..model.query import JobQuery
from ..store.nodes import Lease
from .archives import Archives
from .decode import decode_request
from .principal import Principal
from .retention import Keeping
from .service import Service
from .slots import Slots
from .trash import Trash
from .uploads import Upload
from .working import Working

__all__ = [
    "Archives",
    "JobQuery",
    "Keeping",
    "Lease",
    "Principal",
    "Service",
    "Slots",
    "Trash",
    "Upload",
    "Working",
    "decode_request",
]
