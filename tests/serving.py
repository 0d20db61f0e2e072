"""A real Jupyter server with the extension, its own data directory, and a client for it."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest

from tests.waiting import auntil, until

API = ("jobs-ext", "api", "v1")
IPC = "--KernelManager.transport=ipc"  # a port chosen for a kernel may be another's before it binds


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Api:
    """Talks to the native API of the server under test, with the right token unless told not to."""

    fetch: Any
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, verb: str, path: str, body: Any = None, **options: Any) -> Answer:
        headers = {**self.headers, **options.pop("headers", {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        response = await self.fetch(
            *API,
            *[part for part in path.split("/") if part],
            method=verb,
            body=body,
            headers=headers,
            raise_error=False,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            **options,
        )
        return Answer(response.code, response.headers, response.body or b"")

    async def submit(self, command: list[str], **options: Any) -> dict[str, Any]:
        request = {"target": {"command": command}, "options": {"cwd": "private", **options}}
        answer = await self("POST", "jobs", request)
        assert answer.status == 201, answer.body
        return answer.json

    async def upload(self, path: str, request: Any, /, **files: tuple[str, bytes]) -> Answer:
        kind, body = multipart(request, files)
        return await self("POST", path, body, headers={"Content-Type": kind})

    async def ended(self, job: str) -> dict[str, Any]:
        """Wait until a job has ended, and return it."""

        async def final() -> Any:
            found = (await self("GET", f"jobs/{job}")).json
            return found if found["status"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None

        return await auntil(final, what=f"the end of job {job}")

    async def reached(self, job: str, status: str) -> dict[str, Any]:
        """Wait until a job has the given status, and return it."""

        async def there() -> Any:
            found = (await self("GET", f"jobs/{job}")).json
            return found if found["status"] == status else None

        return await auntil(there, what=f"job {job} to be {status}")


def multipart(request: Any, files: dict[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return content type and body of a multipart request; a request of None is left out."""
    line = uuid.uuid4().hex
    parts = []
    if request is not None:
        head = 'name="request"\r\nContent-Type: application/json'
        parts.append((head, json.dumps(request).encode()))
    for name, (filename, content) in files.items():
        parts.append((f'name="{name}"; filename="{filename}"\r\nContent-Type: text/plain', content))
    body = b"".join(
        f"--{line}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return f"multipart/form-data; boundary={line}", body + f"--{line}--\r\n".encode()


def python(code: str) -> list[str]:
    """Return the command that runs `code`."""
    return [sys.executable, "-c", code]


@pytest.fixture(scope="session")
def data_dirs():
    """Data directories of the tests; in the end nothing that works in one may be left."""
    used: list[str] = []
    yield used

    def left() -> list[psutil.Process]:
        return [
            p for p in psutil.process_iter(["cmdline"]) if set(p.info["cmdline"] or ()) & set(used)
        ]

    try:
        until(lambda: not left(), 60, "runners and keepers to end by themselves")
    finally:
        for process in left():
            process.kill()


@pytest.fixture
def data_dir(tmp_path, data_dirs):
    folder = tmp_path / "jobs"
    data_dirs.append(str(folder))
    return folder


@pytest.fixture
def jp_server_config(data_dir, jp_runtime_dir):
    return {
        "ServerApp": {"jpserver_extensions": {"jobs_ext": True}},
        "JobsExtension": {"data_dir": str(data_dir)},
    }


@pytest.fixture
def extension(jp_serverapp):
    return jp_serverapp.extension_manager.extension_points["jobs_ext"].app


@pytest.fixture
def api(jp_fetch):
    return Api(jp_fetch)
