"""Logins."""

from __future__ import annotations

import requests


def test_logins(ufdl, server):
    def at(what, body):
        answer = requests.post(f"{ufdl.root}/v1/auth/{what}", json=body)
        return answer.status_code, answer.json()

    good = {"username": "anybody", "password": server.token}
    status, tokens = at("obtain", good)
    assert (status, set(tokens)) == (200, {"access", "refresh"})
    assert at("refresh", {"refresh": tokens["refresh"]}) == (200, {"access": tokens["access"]})
    assert at("verify", {"token": tokens["access"]}) == (200, {})
    assert at("obtain", good | {"password": "wrong"})[0] == 401
    assert at("obtain", good | {"password": "jx_wrong"})[0] == 401
    assert at("refresh", {"refresh": "wrong"})[1]["code"] == "token_not_valid"
    assert at("verify", {"token": ""})[0] == 401
    assert list(at("verify", {})[1]) == ["token"]
    assert (at("obtain", {"username": "x"})[0]) == 400
    answer = requests.post(f"{ufdl.root}/v1/jobs/list", json={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
