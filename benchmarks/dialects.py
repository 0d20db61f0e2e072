"""A call in a dialect beside the same call of the native API."""

from __future__ import annotations

import time
from typing import Any

import requests
from get import API, drain
from measured import in_turns
from private_server import PrivateServer
from rows import Row

AGAVE = "jobs-ext/agave/jobs/v2"
UFDL = "jobs-ext/ufdl/v1"
MOST = 1.3
RUNS = 200  # pairs of requests


def dialect_rows(server: PrivateServer) -> list[Row]:
    """Return the comparisons: look at a job, list fifty, submit one."""
    drain(server, 60)
    (job,) = server.get(f"{API}jobs?limit=1")["items"]
    asked = {
        "GET of one job": (f"{AGAVE}/{job['id']}", f"{API}jobs/{job['id']}", None, None),
        "a list of 50": (f"{AGAVE}?limit=50", f"{API}jobs?limit=50", None, None),
        "a submit": (AGAVE, f"{API}jobs", *_submits(server)),
    }
    found = [
        Row.at_most(f"Agave: {what}", "native", _beside(server, *calls), MOST)
        for what, calls in asked.items()
    ]
    return found + [
        Row.at_most(f"UFDL: {what}", "native", _beside(server, *calls), MOST)
        for what, calls in _of_ufdl(server, job).items()
    ]


def _of_ufdl(server: PrivateServer, job: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Return the same calls of UFDL's clients, beside a job that waits for a node, too."""
    template = _imported(server)
    ufdl = {"input_values": {}, "parameter_values": {}}
    native = {"target": {"command": ["true"]}, "options": {"executor": "node"}}
    return {
        "GET of one job": (f"{UFDL}/jobs/{job['pk']}", f"{API}jobs/{job['id']}", None, None),
        "a submit": (f"{UFDL}/job-templates/{template}/create-job", f"{API}jobs", ufdl, native),
    }


def _imported(server: PrivateServer) -> int:
    work = {"job_type": "Export", "executor_class": "a.B", "required_packages": ""}
    spec = {"name": "B", "scope": "public", "licence": "MIT", "specific": work | {"parameters": {}}}
    headers = {"Authorization": f"Bearer {server.token}"}
    url = f"{server.url}{UFDL}/job-templates/import"
    return int(requests.post(url, json=spec, headers=headers, timeout=60).json()["pk"])


def _submits(server: PrivateServer) -> tuple[dict[str, object], dict[str, object]]:
    (server.root / "words.txt").write_text("a b\n")
    arguments = {"text": "words.txt"}
    agave = {"name": "n", "appId": "wc-1.0", "inputs": arguments, "parameters": {}}
    native = {"target": {"tool": "wc-1.0"}, "arguments": arguments, "options": {"name": "n"}}
    return agave | {"archive": False}, native


def _beside(
    server: PrivateServer, ours: str, peer: str, body: object, peers: object
) -> tuple[float, float]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"token {server.token}"
        session.trust_env = False
        return in_turns(
            lambda: _ask(session, server.url + ours, body),
            lambda: _ask(session, server.url + peer, peers),
            RUNS,
        )


def _ask(session: requests.Session, url: str, body: object) -> float:
    start = time.perf_counter()
    answer = session.get(url) if body is None else session.post(url, json=body)
    taken = time.perf_counter() - start
    answer.raise_for_status()
    return taken
