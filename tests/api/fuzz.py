"""Requests made at random from the OpenAPI document, good and bad ones, against a real server.

``python -m tests.api.fuzz --cases 200`` sends so many of each operation; ``--seed 7`` repeats one.
No answer may be a 5xx, or be another than the document says, and a 4xx names the field.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from jobs_ext.api.patience import LONGEST
from tests.client.live import LiveServer
from tests.serving import python

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
NAMED = ("invalid_request", "not_found", "conflict")  # kinds of errors that are about a field
SOCKETS = ("/events",)


class Fuzzer:
    """Sends requests to a server, and counts the answers by status."""

    def __init__(self, server: LiveServer) -> None:
        self.url = server.url.rstrip("/") + "/api/v1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"token {server.token}"
        document = self.session.get(f"{self.url}/openapi.json").json()
        document.pop("security")
        document["components"].pop("securitySchemes")
        self.schema = schemathesis.openapi.from_dict(document)
        self.answers: Counter[int] = Counter()

    def operations(self):
        """Return every operation of the document but the WebSockets."""
        found = [one.ok() for one in self.schema.get_all_operations()]
        return [one for one in found if one.path not in SOCKETS]

    def run(self, operation, cases: int, number: int | None = None) -> None:
        """Send `cases` requests of one operation; raises what is wrong with an answer."""
        known = {name: value for name, value in self.things().items() if name in operation.path}
        strategies = [operation.as_strategy(GenerationMode.POSITIVE)]
        if operation.body or operation.query or operation.path_parameters:
            strategies.append(operation.as_strategy(GenerationMode.NEGATIVE))
        if known:
            there = operation.as_strategy(GenerationMode.POSITIVE, path_parameters=known)
            strategies += [there, there]

        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(st.one_of(strategies))
        def send(case) -> None:
            hurry(case)
            response = case.call(base_url=self.url, session=self.session, timeout=30)
            self.answers[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)
            assert_named(response)

        (seed(number) if number is not None else lambda test: test)(send)()

    def things(self) -> dict[str, str]:
        """Return what the parts of a path can stand for: a new job and batch, and a tool."""
        target = {"target": {"command": python("pass")}, "options": {"hold": True}}
        job = self.session.post(f"{self.url}/jobs", json=target).json()["id"]
        sweep = target | {"arguments": [{}, {}]}
        batch = self.session.post(f"{self.url}/batches", json=sweep).json()["id"]
        return {"job": job, "batch": batch, "tool": "wc"}


def hurry(case) -> None:
    """Let a request that would wait for an end wait a second at most; no case takes a minute."""
    if str((case.query or {}).get("wait")) in map(str, range(2, LONGEST + 1)):
        case.query["wait"] = 1


def assert_named(response) -> None:
    """Raise unless an error about a field says which."""
    if 400 <= response.status_code < 500 and response.request.method != "HEAD":
        told = response.json()
        whole = told["message"].startswith(("The body", "Invalid body"))
        assert told["type"] not in NAMED or told["field"] or whole, told


def main() -> int:
    """Fuzz every operation and print how many answers there were of each status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200, help="of each operation")
    parser.add_argument("--seed", type=int, help="repeats a run")
    parser.add_argument("--only", default="", help="part of the path of the operations to fuzz")
    said = parser.parse_args()
    number = int(time.time()) if said.seed is None else said.seed
    print(f"seed {number}", flush=True)
    sys.setrecursionlimit(10_000)  # what makes filters at random goes into their tree
    server = LiveServer()
    try:
        fuzzer, wrong = Fuzzer(server), 0
        for operation in fuzzer.operations():
            if said.only not in operation.path:
                continue
            try:
                fuzzer.run(operation, said.cases, number)
            except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - told at the end
                wrong += 1
                print(f"FAILED {operation.label}: {error}\n", flush=True)
        print(
            f"{fuzzer.answers.total():,} answers, by status: {dict(sorted(fuzzer.answers.items()))}"
        )
        print(f"{wrong} operations with a wrong answer")
    finally:
        server.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
