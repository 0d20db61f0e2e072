"""A hundred WebSocket listeners while 500 statuses change in a second.

This process moves held jobs to and fro in the server's store, as its runner would; no job fits into
the server, so that the runner leaves them alone. The delay is from the commit to the frame. In the
end every listener must know the last status of every job.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import quantiles

import msgspec
from filled import open_service
from msgspec import Struct
from private_server import PrivateServer
from rows import Row
from sqlalchemy import select
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from jobs_ext.model.request import BatchRequest, Context, Options, Target
from jobs_ext.model.status import Status
from jobs_ext.service import Principal, Service
from jobs_ext.store.changes import Changes
from jobs_ext.store.pokes import send_pokes
from jobs_ext.store.schema import batch as batches
from jobs_ext.store.schema import job

API = "jobs-ext/api/v1/"
JOBS = 200
CHANGES = 10  # in one commit
EVERY = 0.02  # seconds between commits: 500 changes a second
SECONDS = 5.0
MOST = 0.1  # seconds: two frames


class _Told(Struct):
    id: str
    stage: str | None = None  # carries the number of the change


class _Frame(Struct):
    jobs: list[_Told]


class _Listener:
    """Notes how late each change is told, and the last one told of each job."""

    _socket: WebSocketClientConnection

    def __init__(self) -> None:
        self.told: list[tuple[int, float]] = []  # number of a change, and when it came
        self.last: dict[str, int] = {}

    async def connect(self, url: str, token: str) -> None:
        """Connect, and take the snapshot."""
        request = HTTPRequest(f"{url}?limit=1", headers={"Authorization": f"token {token}"})
        self._socket = await websocket_connect(request)
        await self._socket.read_message()

    async def listen(self) -> None:
        """Take frames until the socket is closed."""
        decoder = msgspec.json.Decoder(_Frame)
        while (frame := await self._socket.read_message()) is not None:
            at = time.monotonic()
            for told in decoder.decode(frame).jobs:
                number = int(told.stage or -1)
                if number > self.last.get(told.id, -1):
                    self.last[told.id] = number
                    self.told.append((number, at))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def watcher_rows(folder: Path, listeners: int = 100) -> list[Row]:
    """Return the comparison with one listener; the last status of each job is told to everyone."""
    config = folder / "config" / "jupyter_server_config.json"
    config.parent.mkdir()
    config.write_text('{"JobsExtension": {"max_cpu": 0.1}}')
    with PrivateServer(folder, root=folder) as server:
        service = open_service(folder)
        try:
            pks = _held_jobs(service)
            one, many = (
                asyncio.run(_measured(server, service, pks, n, base))
                for n, base in ((1, 0), (listeners, 1_000_000))
            )
        finally:
            service.close()
    what = f"{listeners} WebSocket listeners, 500 changes/s: p99 of the delay"
    told = [f"{seconds * 1000:.0f} ms" for seconds in (many, one)]
    return [Row(what, "one listener", *told, many / one, "≤ 100 ms, none lost", many <= MOST)]


def _held_jobs(service: Service) -> list[int]:
    """Submit the jobs, wait until they are made, and return their pks."""
    request = BatchRequest(
        Target(command=["true"]), [{}] * JOBS, {}, Options(hold=True), Context(cwd="/")
    )
    batch = service.batches.submit(Principal.all("benchmark"), request).id
    with service._store.read() as connection:
        pk = connection.execute(select(batches.c.pk).where(batches.c.id == batch)).scalar_one()
    found: list[int] = []
    while len(found) < JOBS:
        time.sleep(0.05)
        with service._store.read() as connection:
            found = [*connection.execute(select(job.c.pk).where(job.c.batch_pk == pk)).scalars()]
    return found


async def _measured(
    server: PrivateServer, service: Service, pks: list[int], n: int, base: int
) -> float:
    """Return the 99th percentile of the delays, in seconds."""
    listeners = [_Listener() for _ in range(n)]
    url = f"{server.url}{API}events".replace("http", "ws", 1)
    await asyncio.gather(*(listener.connect(url, server.token) for listener in listeners))
    committed: dict[int, float] = {}
    async with asyncio.timeout(60 + SECONDS), asyncio.TaskGroup() as group:
        for listener in listeners:
            group.create_task(listener.listen())
        last = await asyncio.to_thread(_change, service, pks, committed, base)
        while any(listener.last != last for listener in listeners):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for listener in listeners:
            listener.close()
    delays = [at - committed[number] for one in listeners for number, at in one.told]
    return quantiles(delays, n=100)[98]


def _change(
    service: Service, pks: list[int], committed: dict[int, float], base: int
) -> dict[str, int]:
    """Move jobs to and fro for `SECONDS`; return the number of the last change of each.

    Numbers are counted from `base`; `committed` gets the time of each one's commit.
    """
    last: dict[str, int] = {}
    begun, made = time.monotonic(), 0
    while time.monotonic() < begun + SECONDS:
        chosen = [pks[(made + k) % len(pks)] for k in range(CHANGES)]
        with service._store.write() as tx:
            changes = Changes(tx)
            for row in tx.execute(select(job).where(job.c.pk.in_(chosen))).all():
                held = row.status == Status.RUNNABLE
                new = Status.PENDING if held else Status.RUNNABLE
                last[row.id] = base + made
                changes.move(row, new, held=held, stage=str(last[row.id]))
                made += 1
            changes.flush()
        at = time.monotonic()
        send_pokes(service.paths, "servers")
        committed.update(dict.fromkeys(range(base + made - CHANGES, base + made), at))
        time.sleep(max(0.0, begun + made / (CHANGES / EVERY) - at))
    return last
