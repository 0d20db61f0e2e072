from __future__ import annotations

from tests.client.conftest import client, server

__all__ = ["client", "server"]
