"""A worker of UFDL's, written after what its job launcher sends; and a client beside it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import requests

from tests.client.live import LiveServer

POLL = {
    "expressions": [
        {
            "type": "and",
            "sub_expressions": [
                {"type": "isnull", "field": "start_time"},
                {"type": "isnull", "field": "error_reason"},
                {"type": "isnull", "field": "node"},
                {"type": "isnull", "field": "template.workabletemplate", "invert": True},
            ],
        }
    ]
}
TEMPLATE = {
    "name": "Sums",
    "scope": "public",
    "licence": "Apache 2.0",
    "specific": {
        "job_type": "Export",
        "executor_class": "sums.core.Executor",
        "required_packages": "",
        "parameters": {
            "n": {"types": ["int"], "help": "how many", "default": 3},
            "text": {"types": ["str", "Array<str>"], "help": "what"},
            "fixed": {"types": ["bool"], "help": "no", "default": True, "const": True},
        },
    },
}
RESTARTED = "Node restarted during job execution."


class Ufdl:
    """Talks to a server's UFDL dialect: logs in, and repeats a request once when told 401."""

    def __init__(self, server: LiveServer, password: str | None = None) -> None:
        self.root = f"{server.url}ufdl"
        self._login = {"username": "ada", "password": password or server.token}
        self._headers: dict[str, str] = {}
        self.session = requests.Session()
        self.session.trust_env = False

    def send(self, verb: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send a request with the token of the moment; gives the answer, good or bad."""
        for _ in range(2):
            answer = self.session.request(
                verb, f"{self.root}/v1/{path}", json=body, headers=self._headers, **options
            )
            if answer.status_code != 401:
                break
            told = self.session.post(f"{self.root}/v1/auth/obtain", json=self._login)
            if told.status_code != 200:
                return told
            self._headers["Authorization"] = f"Bearer {told.json()['access']}"
        return answer

    def ask(self, verb: str, path: str, body: Any = None, **options: Any) -> Any:
        """Do as `send`, and return the JSON of a good answer."""
        answer = self.send(verb, path, body, **options)
        assert answer.status_code < 300, (verb, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def job(self, template: int, **values: Any) -> int:
        """Make a job and return its number."""
        spec = {
            "input_values": {},
            "parameter_values": {"text": {"value": "a", "type": "str"}},
        } | values
        return self.ask("POST", f"job-templates/{template}/create-job", spec)["pk"]


class Worker(Ufdl):
    """A node that does what the launcher does, in its order."""

    def register(self, ip: str, index: int = 0) -> None:
        """Find or make the node; end what it held when it crashed."""
        same = {"ip": ip, "index": index}
        tests = [{"type": "exact", "field": name, "value": value} for name, value in same.items()]
        spec = {"expressions": [{"type": "and", "sub_expressions": tests}]}
        facts = same | dict.fromkeys(("driver_version", "hardware_generation", "gpu_mem"))
        found = self.ask("POST", "nodes/list", spec)
        if found:
            self.be(found[0]["pk"])
            node = self.ask("PATCH", f"nodes/{self.pk}", facts | {"cpu_mem": 2})
        else:
            node = self.ask("POST", "nodes/create", facts | {"cpu_mem": 1})
            self.be(node["pk"])
        if node["current_job"] is not None:
            self.give_back(node["current_job"])

    def be(self, pk: int) -> None:
        self.pk = pk
        self._headers["Node-Id"] = str(pk)

    def give_back(self, job: int) -> None:
        ended = {"success": False, "send_notification": "", "error": RESTARTED}
        if self.ask("POST", f"jobs/{job}/finish", ended)["error_reason"] == RESTARTED:
            self.ask("DELETE", f"jobs/{job}/reset")
            self.ask("DELETE", f"jobs/{job}/release")

    def poll(self) -> dict[str, Any] | None:
        """Return the first job that could be run."""
        return next(iter(self.ask("POST", "jobs/list", POLL)), None)

    def begin(self, job: dict[str, Any]) -> bool:
        """Acquire and start a job; False when somebody else was quicker."""
        template = self.ask("GET", f"job-templates/{job['template']['pk']}")
        assert template["executor_class"] == "sums.core.Executor"
        if self.send("GET", f"jobs/{job['pk']}/acquire").status_code == 406:
            return False
        self.ask("POST", f"jobs/{job['pk']}/start", {"send_notification": "email"})
        assert self.ask("GET", "nodes/ping") is None
        return True

    def finish(self, job: int, error: str | None = None) -> dict[str, Any]:
        """Upload the log, and end a job."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("data", json.dumps([{"now": {"msg": ["done"]}}]))
        self.upload(job, "log", "Compressed%3CJSON,%208%3E", packed.getvalue())
        told = {"success": error is None, "send_notification": "email"}
        return self.ask(
            "POST", f"jobs/{job}/finish", told | ({} if error is None else {"error": error})
        )

    def upload(self, job: int, name: str, kind: str, data: bytes) -> requests.Response:
        headers = {"Content-Type": "application/data", "Content-Disposition": f"filename={name}"}
        return self.session.post(
            f"{self.root}/v1/jobs/{job}/outputs/{name}/{kind}",
            data=data,
            headers=self._headers | headers,
        )


def code(who: Ufdl, verb: str, path: str, body: Any = None, **options: Any) -> int:
    """Return the status of an answer; one that refuses says why, as JSON."""
    answer = who.send(verb, path, body, **options)
    assert answer.status_code < 400 or answer.json(), answer.text
    return answer.status_code
