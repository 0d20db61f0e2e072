"""A client of Analytics Automated, and the tools that it sends to."""

from __future__ import annotations

from typing import Any

import requests

from tests.waiting import until

PROTEIN = ">one\nMASNTVSAQGGSNRPVRDFSNIQDVAQFLLFDPIWNEQPGSIVPWKMNREQALAERYPELQ\n"
#: What test tools want.
GOOD = {"task1_all": "TRUE", "task2_number": "12"}
TOOLS = """
    name = "psipred"
    open = true
    [inputs.seq]
    validators = ["seq"]
    [[steps]]
    name = "copy"
    ordering = 3
    command = ["cat", "{seq}"]
    stdout = "a file.horiz"
    outputs = { copied = { path = "*.horiz" } }
    [[steps]]
    name = "count"
    ordering = 7
    command = ["wc", "-c", "{copied}"]
    inputs = { copied = "*.horiz" }
    stdout = "n.count"
    outputs = { number = { path = "*.count" } }
    ---
    name = "job1"
    open = true
    command = ["echo", "{task1_all}", "{task2_number}", "{word}"]
    [parameters.task1_all]
    type = "boolean"
    flag = "-n"
    [parameters.task2_number]
    type = "integer"
    [parameters.word]
    default = "none-given"
    [outputs.said]
    path = "stdout"
    ---
    name = "choose"
    command = ["echo", "{kind}", "{size}"]
    [parameters.kind]
    enum = ["quick", "slow", "a-b"]
    [parameters.size]
    type = "number"
    ---
    name = "fails"
    open = true
    [inputs.script]
    [[steps]]
    name = "first"
    ordering = 0
    command = ["true"]
    [[steps]]
    name = "second"
    ordering = 1
    command = ["sh", "{script}"]
    outputs = { table = { path = "*.csv" } }
    ---
    name = "off"
    enabled = false
    command = ["true"]
    ---
    name = "two_files"
    command = ["true"]
    [inputs.a]
    [inputs.b]
    ---
    name = "by_email"
    command = ["echo", "{email}"]
    [parameters.email]
    ---
    name = "bounded"
    command = ["echo", "{share}", "{level}", "{letters}", "{mode}", "{seven}"]
    [parameters.share]
    type = "number"
    exclusiveMinimum = 0
    exclusiveMaximum = 1
    [parameters.level]
    type = "integer"
    minimum = 3
    maximum = 9
    [parameters.letters]
    pattern = "^[A-Z]{3}$"
    examples = ["abc", "A-B", "XYZ"]
    [parameters.mode]
    enum = [1, 2, "a_b"]
    [parameters.seven]
    type = "integer"
    multipleOf = 7
    ---
    name = "below"
    command = ["echo", "{x}"]
    [parameters.x]
    type = "integer"
    maximum = -1
    ---
    name = "marked"
    command = ["echo", "{x}"]
    [parameters.x]
    const = "a_b"
    ---
    name = "coded"
    command = ["echo", "{x}"]
    [parameters.x]
    pattern = "^[A-Z]{7}$"
    ---
    name = "slow"
    [inputs.text]
    [[steps]]
    name = "keep"
    ordering = 0
    shell = true
    command = "cat {text} > kept.txt; ln -s / out.txt; touch $(printf 'bad\\\\377.txt')"
    outputs = { kept = { path = "*.txt" } }
    [[steps]]
    name = "linger"
    ordering = 1
    command = ["sleep", "600"]
    ---
    name = "waits"
    command = ["sleep", "600"]
"""


class Site:
    """The API at one address."""

    def __init__(self, root: str, headers: dict[str, str] | None = None) -> None:
        self.root = root
        self.headers = headers or {}

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.root}/{path}", headers=self.headers, timeout=30)

    def post(
        self,
        fields: dict[str, Any] | None = None,
        file: str | bytes | None = "some text\n",
        path: str = "submission/",
        **more: Any,
    ) -> requests.Response:
        plain = {"job": "job1", "submission_name": "test", "email": "ann@example.org"}
        plain |= {"task1_all": "TRUE", "task2_number": "12"} if fields is None else {}
        data = {k: v for k, v in (plain | (fields or {})).items() if v is not None}
        files = None if file is None else {"input_data": ("in.txt", file)}
        sent = {"data": data, "files": files, "headers": self.headers} | more
        return requests.post(f"{self.root}/{path}", timeout=30, **sent)

    def ended(self, answer: requests.Response) -> dict[str, Any]:
        assert answer.status_code == 201, answer.text
        uuid = answer.json()["UUID"]

        def final() -> Any:
            found = self.get(f"submission/{uuid}").json()
            return found if found["state"] not in ("Submitted", "Running") else None

        return dict(until(final, what=f"the end of {uuid}"))


def errors(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()
