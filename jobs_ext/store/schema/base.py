"""What all tables have in common."""

from __future__ import annotations

from sqlalchemy import MetaData, text

SHOWN = text("deleted IS NULL")

metadata = MetaData()
