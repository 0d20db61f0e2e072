"""Inputs that are named by URI: fetched before the start, and only from where that is allowed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.notification import Outgoing
from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from jobs_ext.runner.failure import CannotStart
from jobs_ext.runner.fetch import Fetcher, uris_of
from jobs_ext.service.addresses import Guard
from tests.runner.house import WHO, House
from tests.runner.test_collect import make
from tests.waiting import until

TOOL = """
name = "count"
command = ["wc", "-c", "{texts}"]
[inputs.texts]
multiple = true
"""


class Files(BaseHTTPRequestHandler):
    """Sends what a path asks for."""

    def do_GET(self) -> None:
        match self.path.split("?")[0]:
            case "/data.txt":
                self.reply(200, b"12345")
            case "/moved":
                self.reply(302, b"", Location="/data.txt")
            case "/out":
                self.reply(302, b"", Location="http://169.254.169.254/latest")
            case "/short":
                self.reply(200, b"12", Content_Length="99")
            case "/slow":
                self.send_response(200)
                self.end_headers()
                with contextlib.suppress(OSError):
                    while not self.server.done.wait(0.02):  # type: ignore[attr-defined]
                        self.wfile.write(b"x" * 1000)
            case _:
                self.reply(404, b"no")

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        server.done = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.done.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def fetching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    from tests.runner.house import socket_folder

    with socket_folder() as sockets:
        root = tmp_path_factory.mktemp("fetching")
        allowed = Outgoing(("127.0.0.1",))
        house = House(root, sockets, outgoing=allowed, input_schemes=("http", "memory"))
        try:
            house.tool(TOOL)
            house.start()
            yield house
        finally:
            house.close()


def test_inputs_of_a_tool_and_of_a_private_folder(fetching: House, web: str) -> None:
    (fetching.cwd / "here.txt").write_text("1")
    texts = [f"{web}/data.txt", "here.txt", f"{web}/moved"]
    job = fetching.ended(fetching.submit(Target(tool="count"), {"texts": texts}))
    assert job.status is Status.SUCCEEDED, job.reason
    assert fetching.log(job.id).split()[:6] == ["5", "data.txt", "1", "here.txt", "5", "moved"]
    assert job.arguments["texts"][0] == f"{web}/data.txt"
    inputs = [f"{web}/data.txt?token=x", str(fetching.cwd / "here.txt")]
    job = fetching.ended(fetching.shell("cat data.txt here.txt", cwd="private", inputs=inputs))
    assert fetching.log(job.id) == "123451"
    assert job.outputs == [], "what was fetched is no output"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/none?token=secret", "HTTP 404"),
        ("/out", "169.254.169.254 is an address"),
        ("/short", "too early"),
    ],
)
def test_what_can_not_be_fetched(fetching: House, web: str, path: str, said: str) -> None:
    job = fetching.ended(fetching.submit(Target(tool="count"), {"texts": [web + path]}))
    assert (job.status, job.reason_code) == (Status.FAILED, "fetch_failed")
    assert said in str(job.reason)
    assert "secret" not in str(job.reason)


def test_others_start_while_one_is_fetched_and_it_can_be_cancelled(
    fetching: House, web: str
) -> None:
    slow = fetching.submit(Target(tool="count"), {"texts": [f"{web}/slow"]})
    until(lambda: fetching.get(slow).status is Status.STARTING, what="the fetch")
    assert fetching.get(slow).stage == "staging"
    assert fetching.ended(fetching.shell("true")).status is Status.SUCCEEDED
    fetching.service.jobs.cancel(WHO, slow)
    assert fetching.ended(slow).status is Status.CANCELLED


def test_a_fetch_is_begun_anew_by_the_next_runner(fetching: House, web: str) -> None:
    slow = fetching.submit(Target(tool="count"), {"texts": [f"{web}/slow"]})
    until(lambda: fetching.get(slow).status is Status.STARTING, what="the fetch")
    fetching.kill_runner()
    fetching.start()
    until(lambda: fetching.get(slow).status is Status.STARTING, what="the fetch, once more")
    fetching.service.jobs.cancel(WHO, slow)
    assert fetching.ended(slow).status is Status.CANCELLED


@pytest.mark.parametrize(
    "uri",
    [
        "ftp://example.org/x",
        "file:///etc/passwd",
        "https://example.org/x",
        "http://nas.local/x",
        "http://[::1]/x",
        "http://10.0.0.1/x",
        "http://2130706433/x",
        "http:///x",
        "memory://a::file:///etc/passwd",
        "memory://a\nb",
    ],
)
def test_where_nothing_is_fetched_from(fetching: House, uri: str) -> None:
    for submit in (
        lambda: fetching.submit(Target(tool="count"), {"texts": [uri]}),
        lambda: fetching.shell("true", cwd="private", inputs=[uri]),
    ):
        with pytest.raises(InvalidRequest) as caught:
            submit()
        assert caught.value.field in ("arguments.texts[0]", "options.inputs[0]")


def test_no_uri_at_all_unless_the_server_allows_it(house: House) -> None:
    with pytest.raises(InvalidRequest, match="not fetched by https") as caught:
        house.shell("true", cwd="private", inputs=["https://example.org/x"])
    assert "none" in caught.value.hint


def test_a_file_that_is_too_large(tmp_path: Path, web: str) -> None:
    one = make(tmp_path, cwd="private", inputs=[f"{web}/slow", f"{web}/slow"])
    assert len(list(uris_of(one.work))) == 2
    fetcher = Fetcher(Guard(["127.0.0.1"]), limit=5000)
    with pytest.raises(CannotStart, match=r"more than 5.0 kB"):
        fetcher.fetched(one.work, tmp_path / "fetched", threading.Event())
    unwanted = threading.Event()
    unwanted.set()
    with pytest.raises(CannotStart, match="nobody wants it"):
        Fetcher(Guard(["127.0.0.1"])).fetched(one.work, tmp_path / "again", unwanted)


def test_other_schemes_come_by_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://bucket/t.csv", "wb") as file:
        file.write(b"a,b\n")
    work = make(tmp_path, cwd="private", inputs=["memory://bucket/t.csv"]).work
    found = Fetcher(Guard()).fetched(work, tmp_path / "fetched", threading.Event())
    assert Path(found.options.inputs[0]).read_bytes() == b"a,b\n"
    gone = msgspec.structs.replace(
        work, options=msgspec.structs.replace(work.options, inputs=["memory://bucket/none"])
    )
    with pytest.raises(CannotStart, match="bucket"):
        Fetcher(Guard()).fetched(gone, tmp_path / "again", threading.Event())


def test_a_host_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
        work = make(tmp_path, cwd="private", inputs=[uri]).work
        with pytest.raises(CannotStart, match="could not be fetched"):
            Fetcher(Guard(["127.0.0.1"])).fetched(work, tmp_path / "f", threading.Event())
