"""What the handlers of one server share: the open service, threads to call it in, the events."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, ParamSpec, TypeVar

import msgspec
from tornado.ioloop import IOLoop

from ..model.errors import JobsError, StoreRefused, StoreUnavailable
from ..runner.holder import this_build
from ..runner.launch import attach
from ..store.pokes import PokeReceiver
from .apikeys import ApiKeys
from .hub import Hub
from .metrics import Metrics
from .notices import Notices
from .patience import Bell
from .people import Keyed
from .pulse import Pulse, Vitals
from .supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from logging import Logger

    from jupyter_events import EventLogger

    from ..service import Service
    from .keepalive import KeepAlive
    from .kernelkeys import KernelKeys
    from .people import People

P = ParamSpec("P")
R = TypeVar("R")

_READERS = 8
_WRITERS = 4  # more would only wait for the one writer of the store
_RETRY = 5.0  # seconds between attempts to open a store that could not be opened


class Backend:
    """Opens the service, keeps it open, and lets go of it; jobs go on without it.

    A store that can't be opened does not keep the Jupyter server from starting: every request
    is told the reason, and opening is tried again. One that can be read is read meanwhile.
    """

    def __init__(
        self,
        open_service: Callable[..., Service],  # taking `read_only`
        *,
        keys: KernelKeys,
        people: People,
        event_logger: EventLogger,
        log: Logger,
        keep_alive: KeepAlive,
        runner_options: Sequence[str] = (),
    ) -> None:
        this_build()  # before an upgrade changes the files of this code
        self.keys = keys
        self.people = people
        self.log = log
        self.hub = Hub(self)
        self.bell = Bell()
        self.api_keys = ApiKeys(self)
        self._open_service = open_service
        self._more_options = runner_options
        self._notices = Notices(event_logger)
        self.keep_alive = keep_alive
        self._pulse = Pulse(self, self._keep_alive)
        self.metrics = Metrics(lambda: self._pulse.vitals, lambda: self.hub.cursor)
        # Apart, so that those who wait to write to a store that is busy keep no reader waiting.
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="jobs_ext-reader")
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="jobs_ext-writer")
        self._service: Service | None = None
        self._attached: BinaryIO | None = None  # says to runners that a server is here
        self._trouble: JobsError = StoreUnavailable("The job store is not open yet.")
        self._task: asyncio.Task[None] | None = None

    @property
    def service(self) -> Service:
        """The open service; raises what kept it from being opened while there is none."""
        if self._service is None:
            raise self._trouble.with_traceback(None)
        return self._service

    async def keyed(self, headers: Mapping[str, str]) -> Keyed | None:
        """Return who a request with a key of ours acts for; None when it carries none.

        Raises `Forbidden` for a kernel's key and `Unauthenticated` for an API key that is not good.
        """
        user = self.keys.user(headers)
        if user is not None:
            return Keyed(user, self.people.of_kernel(user))
        return await self.api_keys.keyed(headers)

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``function(*args)``, run in one of the threads for what only reads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, partial(function, *args, **kwargs))

    async def call_to_write(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``function(*args)``, run in one of the threads for what may write."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, partial(function, *args, **kwargs))

    async def glance(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``function(*args)``, a short read, at once: a thread costs more than the read.

        When the store would make it wait, it is run in a thread after all.
        """
        try:
            with self.service.glance():
                return function(*args, **kwargs)
        except StoreUnavailable:
            return await self.call(function, *args, **kwargs)

    def open(self) -> None:
        """Open the service as far as that can be done."""
        self._use(self._opened())

    def _opened(self) -> Service | None:
        """Return the service: to read and write, else to read; None, the reason kept, if neither.

        None, too, when it can't be written still.
        """
        try:
            return self._open_service()
        except JobsError as error:
            if str(error) != str(self._trouble):
                self.log.warning("jobs_ext can't open its store: %s", error)
            self._trouble = error
        if self._service is not None or isinstance(self._trouble, StoreRefused):
            return None
        try:
            return self._open_service(read_only=True)
        except JobsError:  # the first reason is the one to mend
            return None

    def _use(self, service: Service | None) -> None:
        """Let all requests from now on use a service."""
        if service is not None:
            before, self._service = self._service, service
            if before is not None:
                before.close()

    def start(self) -> None:
        """Begin to look after the runner and the events; needs the running event loop."""
        self.metrics.open()
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._log_end)

    async def stop(self) -> None:
        """Let go of the store and of the runner, which goes on by itself."""
        if self._task is not None:
            self.metrics.close()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for threads in (self._readers, self._writers):
            threads.shutdown(cancel_futures=True)
        if self._attached is not None:
            self._attached.close()
        if self._service is not None:
            self._service.close()

    def _keep_alive(self, vitals: Vitals) -> None:
        self.keep_alive.note(is_busy=vitals.is_busy)

    def _log_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self.log.error("jobs_ext no longer looks after its jobs", exc_info=error)

    def _attach(self) -> None:
        self._attached = attach(self.service.paths)  # waits for a runner that is just ending

    def _runner_options(self) -> list[str]:
        slots = self.service.slots
        rules = msgspec.json.encode(self.service.scheduling).decode()
        outgoing = msgspec.json.encode(self.service.outgoing).decode()
        options = ["--cpu", str(slots.cpu), "--memory", str(slots.memory)]
        options += [f"--gpus={','.join(slots.gpus)}", "--scheduling", rules]
        options += ["--outgoing", outgoing, "--lease", str(self.service.lease)]
        return [*options, *self._more_options]

    async def _run(self) -> None:
        while self._service is None or self._service.read_only:
            await asyncio.sleep(_RETRY)
            self._use(await self.call_to_write(self._opened))
        paths = self.service.paths
        supervisor = Supervisor(self, self._runner_options())
        await self.call(self._attach)
        pokes = PokeReceiver(paths.server_socket(os.getpid()))

        def poked(*_: object) -> None:
            pokes.drain()
            self.hub.poke()
            self.bell.ring()
            supervisor.poke()

        loop = IOLoop.current()
        loop.add_handler(pokes.fileno(), poked, IOLoop.READ)
        try:
            self.hub.add(None, self._notices.note, self._notices.wanted)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.hub.run())
                tasks.create_task(supervisor.run())
                tasks.create_task(self._pulse.run())
        finally:
            loop.remove_handler(pokes.fileno())
            pokes.close()
