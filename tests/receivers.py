"""Real receivers on this machine: of webhooks, and of mails."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    """One request."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def delivery(self) -> str:
        return self.headers["X-Jobs-Ext-Delivery"]


@dataclass
class Receiver:
    """What came in, and how it is answered."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    status: int = 204
    location: str | None = None
    delay: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def events(self) -> list[str]:
        return [call.json["event"] for call in self.calls]


@contextmanager
def webhooks(port: int = 0) -> Iterator[Receiver]:
    """A receiver of webhooks; with a `port`, there again where one was."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append(Call(self.path, dict(self.headers), body))
            time.sleep(receiver.delay)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver.port = server.server_address[1]
    with served(server):
        yield receiver


@dataclass
class Letters:
    """What a mail server took."""

    port: int = 0
    texts: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


@contextmanager
def mails() -> Iterator[Letters]:
    """A mail server that takes everything: as much of SMTP as a sender needs."""
    letters = Letters()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                verb = line[:4].upper()
                if verb == "RCPT":
                    letters.recipients.append(line.partition("<")[2].rstrip(">"))
                if verb == "DATA":
                    self.say("354 go on")
                    letters.texts.append(self.letter())
                self.say("221 bye" if verb == "QUIT" else "250 good")
                if verb == "QUIT":
                    return

        def letter(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode()) != ".\r\n":
                lines.append(line)
            return "".join(lines)

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    letters.port = server.server_address[1]
    with served(server):
        yield letters


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in a thread."""
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
