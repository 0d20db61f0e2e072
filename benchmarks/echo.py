"""A kernel's round trip through the server while jobs drain, beside that while xargs runs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

from get import drain
from private_server import PrivateServer
from rows import Row
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from jobs_ext.model.ids import new_id

RUNS = 5
MOST = 1.3
PAUSE = 0.01  # seconds between questions, as of somebody who types


def echo_rows(server: PrivateServer, n_jobs: int) -> list[Row]:
    """Return the comparison of the 99th percentiles."""
    kernel = server.post("api/kernels", {"name": "python3"})["id"]
    numbers = "".join(f"{k}\n" for k in range(n_jobs)).encode()

    def xargs() -> object:
        command = ["xargs", "-P2", "-n1", "/bin/echo"]
        return subprocess.run(command, input=numbers, stdout=subprocess.PIPE, check=True)

    pairs = [
        (_p99(server, kernel, lambda: drain(server, n_jobs)), _p99(server, kernel, xargs))
        for _ in range(RUNS)
    ]
    taken = median(ours for ours, _ in pairs), median(peer for _, peer in pairs)
    what = f"a kernel's round trip while {n_jobs:,} jobs drain: p99"
    return [Row.at_most(what, "while xargs runs them", taken, MOST)]


def _p99(server: PrivateServer, kernel: str, work: Callable[[], object]) -> float:
    return asyncio.run(_measured(server, kernel, work))


async def _measured(server: PrivateServer, kernel: str, work: Callable[[], object]) -> float:
    url = f"{server.url}api/kernels/{kernel}/channels".replace("http", "ws", 1)
    headers = {"Authorization": f"token {server.token}"}
    socket = await websocket_connect(HTTPRequest(url, headers=headers))
    for _ in range(5):
        await _round_trip(socket)
    busy = asyncio.create_task(asyncio.to_thread(work))
    times = []
    while not busy.done():
        times.append(await _round_trip(socket))
        await asyncio.sleep(PAUSE)
    await busy
    socket.close()
    return quantiles(times, n=100)[98]


async def _round_trip(socket: WebSocketClientConnection) -> float:
    """Ask the kernel who it is, and return the seconds until it has answered."""
    asked = new_id()
    header = {"msg_id": asked, "msg_type": "kernel_info_request", "username": "", "session": "b"}
    message = {"header": header | {"version": "5.3"}, "parent_header": {}, "metadata": {}}
    start = time.perf_counter()
    await socket.write_message(json.dumps(message | {"content": {}, "channel": "shell"}))
    while True:
        answer: dict[str, Any] = json.loads(await socket.read_message() or "{}")
        parent = answer.get("parent_header", {}).get("msg_id")
        if parent == asked and answer["msg_type"] == "kernel_info_reply":
            return time.perf_counter() - start
