"""UFDL's Jobs API (seed 004): its paths below ``v1``, for its Python client and job launcher."""

from __future__ import annotations

from .routes import UFDL

__all__ = ["UFDL"]
