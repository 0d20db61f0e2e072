"""Agave: seed 003, as `agavepy` drives it; what differs is in docs/reference/dialects.md."""
