"""The Jupyter Server extension: how its parts are put together; `settings` has its traits."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import msgspec
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import default

from . import __version__
from .api.backend import Backend
from .api.decode import allow_many_parts
from .api.handler import API
from .api.keepalive import KeepAlive
from .api.kernelkeys import KernelKeys, fingerprint, kernel_url
from .api.mounting import mount
from .api.people import People
from .api.routes import handlers
from .dialects import served
from .dialects.local import Ports
from .model.learning import learn_structs
from .model.policy import Policy
from .model.quantities import parse_bytes
from .model.scrub import SCRUBBER
from .runner.holder import ask_whoever_holds
from .service import Service
from .settings import Settings

_LOGGERS = ("tornado.access", "tornado.application", "tornado.general")  # also tell of our requests


class JobsExtension(Settings, ExtensionApp):
    """Durable jobs from a notebook."""

    name = "jobs_ext"
    version = __version__
    description = __doc__ or ""
    extension_url = f"/{API}"
    load_other_extensions = True

    @property
    def _server(self) -> ServerApp:
        server = self.serverapp
        assert server is not None, "linked by Jupyter before anything of this is asked for"
        return server

    @default("tool_dirs")
    def _default_tool_dirs(self) -> list[str]:
        return [str(Path(self._server.root_dir) / "tools")]

    def current_activity(self) -> bool:
        """Tell Jupyter, when it looks for an idle server to stop, whether jobs are under way."""
        return self.backend.keep_alive.is_active

    def initialize_settings(self) -> None:
        """Open the store and begin to look after the runner; give kernels their keys."""
        learn_structs()
        self.backend = self._make_backend()
        self.backend.open()
        self.settings["jobs_ext_backend"] = self.backend
        self.backend.keys.give(
            partial(kernel_url, self._server),
            {
                "JOBS_EXT_ENVIRONMENT": ",".join(self.environment),
                "JOBS_EXT_CERTIFICATE": fingerprint(self._server),
            },
        )
        allow_many_parts()
        for logger in (self.log, *map(logging.getLogger, _LOGGERS)):
            logger.addFilter(SCRUBBER)
        self._server.io_loop.add_callback(self.backend.start)
        self._ports = Ports(self.log)
        self._server.io_loop.add_callback(self._listen)

    def initialize_handlers(self) -> None:
        """Add the dialects and the native API, whose last route takes everything else."""
        for name in self.dialects:
            dialect = served.handlers(name, self.dialect_options.get(name, {}))
            mount(self._server, self.name, f"jobs-ext/+{name}", dialect)
        mount(self._server, self.name, "jobs-ext", handlers())

    def _listen(self) -> None:
        served.listen(self._ports, self.dialect_ports, self._server.web_app, self.dialect_options)

    async def stop_extension(self) -> None:
        """Let go of the jobs; they go on without this server."""
        self._ports.close()
        await self.backend.stop()

    def _make_backend(self) -> Backend:
        server = self._server
        assert server.event_logger is not None, "made before extensions are loaded"
        return Backend(
            partial(
                Service.open,
                self.data_dir,
                tool_dirs=self.tool_dirs,
                root_dir=server.root_dir,
                migrate=True,
                ask_runner=ask_whoever_holds,
                slots=self.slots(),
                scheduling=self.scheduling(),
                whom=self.whom(),
                retention=self.retention(),
                input_schemes=self.input_schemes,
                hashed_inputs=parse_bytes(self.max_hashed_inputs or 1),
                policy=msgspec.convert(self.policy, Policy),
                lease=self.lease,
            ),
            keys=KernelKeys(server.kernel_manager),
            people=People(server.identity_provider, self.admins),
            event_logger=server.event_logger,
            log=self.log,
            keep_alive=KeepAlive(server.web_app, self.max_keepalive),
            runner_options=self.limits(),
        )
