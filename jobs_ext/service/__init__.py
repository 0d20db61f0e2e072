"""What can be done with jobs, each verb once, with permission, validation and event."""

from __future__ import annotations

from ..model.query import JobQuery
from .principal import Principal
from .slots import Slots
from .uploads import Upload

__all__ = ["JobQuery", "Principal", "Slots", "Upload"]
