"""A token that comes in a URL, or is our own, is in no line that the server logs."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture
def logged(jp_serverapp, caplog):
    """All that is logged, at the lowest level, as handlers of the server would write it."""
    caplog.set_level(logging.DEBUG)
    for name in ("tornado.access", "tornado.application", "tornado.general"):
        caplog.set_level(logging.DEBUG, name)
    jp_serverapp.log.setLevel(logging.DEBUG)
    return lambda: caplog.text


async def test_tokens_and_keys(api, jp_serverapp, extension, logged, monkeypatch):
    token = jp_serverapp.identity_provider.token
    secret = "jx_0123abcd_0123456789abcdefghijklmnopqrstuv"
    extension.log.setLevel(logging.DEBUG)
    await api("GET", "jobs", params={"token": token})
    await api("GET", "jobs/nonsense", params={"token": token})
    await api("GET", "jobs", headers={"Authorization": f"token {secret}"})
    await api("GET", "jobs", params={"api_key": secret})

    def breaks(*_):
        raise RuntimeError(f"asked with {secret}")

    monkeypatch.setattr(extension.backend.service.jobs, "get", breaks)
    answer = await api("GET", "jobs/0192f0c4-89ab-7def-8123-456789abcdef", params={"token": token})
    assert answer.status == 500
    assert "RuntimeError" in logged()
    assert token not in logged()
    assert secret not in logged()
