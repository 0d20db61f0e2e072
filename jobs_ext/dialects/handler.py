"""The tornado handlers of a dialect, made from its table."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from http.cookies import SimpleCookie
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_core.utils import ensure_async
from jupyter_server.auth import User
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import url_path_join
from tornado import web

from ..api.apikeys import password
from ..api.decode import MULTIPART, boundary, media_type
from ..api.errors import Problem
from ..api.forms import FormReceiver
from ..api.operation import Operation, authorized, describes
from ..api.people import Keyed
from ..api.receiving import LARGEST, PatientHandler, Receiver
from ..api.sending import FileHandler
from ..model.errors import NotFound, TooLarge, Unauthenticated
from ..service import Principal
from ..service.uploads import Draft
from .local import check_local
from .table import PATIENCE, Call, Dialect, File, Reply, Route, decoded
from .watching import Watching

if TYPE_CHECKING:
    from ..api.operation import Verb

GUEST = Keyed(User("guest"), Principal.guest())
_PAUSE = 0.02  # seconds between two looks at what an answer waits for
_PART = re.compile(r"\{\w+\}")
_NOT_OURS = frozenset({"token", "_xsrf", "no_track_activity"})  # what Jupyter itself reads


@web.stream_request_body
class DialectHandler(FileHandler, PatientHandler):
    """Base of the handlers of all dialects: one subclass per path."""

    dialect: ClassVar[Dialect]
    root: ClassVar[str]  # below the server's base URL
    routes: ClassVar[Mapping[str, Route]] = MappingProxyType({})  # by method
    at_port: ClassVar[bool] = False  # whether at a port of the dialect's own

    _receiver: Receiver | None = None
    _form: FormReceiver | None = None
    _too_large = False

    async def admit(self, **options: bool) -> None:
        """Let in whom Jupyter or a key knows, however the dialect's clients say who they are."""
        self._body = bytearray()
        if self.at_port:
            check_local(self.request)
        self._adopt_credentials()
        await super().admit(**options)
        route = self.routes.get(self.request.method or "")
        if route is None or route.public:
            return
        if not self.current_user:
            raise web.HTTPError(403)
        connection: Any = self.request.connection
        connection.set_max_body_size(LARGEST)  # what is too much is thrown away, then refused
        if route.body == "file":
            await self._may_send(route)
            draft = await self.call(Draft, self.service.paths)
            self._receiver = Receiver(self.backend, draft)
            if self.gone:
                self._receiver.drop()
        if route.body == "form" and media_type(self.request) == MULTIPART:
            await self._may_send(route)
            self._form = FormReceiver(
                self.backend, partial(self.service.draft, self.who), boundary(self.request)
            )

    async def _may_send(self, route: Route) -> None:
        """Raise unless the caller may send files at all: nothing is kept of what they send."""
        await authorized(route.asks, resource=route.resource)(_nothing)(self)
        if route.asks != "read":
            self.who.require("submit", "run", "work")

    def _adopt_credentials(self) -> None:
        """Put a key that came in a way of the dialect's where Jupyter and we look for one."""
        headers, dialect = self.request.headers, self.dialect
        given = headers.get("Authorization", "").strip()
        scheme, _, value = given.rpartition(" ") if " " in given else ("", "", given)
        found = next((headers[name] for name in dialect.headers if name in headers), "")
        if scheme.strip().lower() in dialect.schemes:
            found = password(value) if scheme.strip().lower() == "basic" else value or found
        if found:
            headers["Authorization"] = f"Bearer {found.strip()}"

    async def identify(self) -> Keyed | None:
        """Return who the request acts for; at a port of its own that may be a guest."""
        found = await super().identify()
        named = found is not None or "token" in self.request.query_arguments
        if named or not (self.at_port and self.dialect.guests):
            return found
        return None if "Authorization" in self.request.headers else GUEST

    def check_xsrf_cookie(self) -> None:
        """Ask a cookie's owner alone: in the name of nobody nothing can be forged.

        Nor where the body holds the key: there no cookie counts.
        """
        route = self.routes.get(self.request.method or "")
        by_cookie = getattr(self, "_jupyter_current_user", None) is not None
        if by_cookie and (route is None or route.key is None):
            super().check_xsrf_cookie()

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        r"""Return a part of the path; ``\xff`` for a byte that is no UTF-8, as names are listed."""
        text = value.decode("utf-8", "backslashreplace")
        return text if name else text.strip("/")

    async def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self.refused:
            return
        route = self.routes.get(self.request.method or "")
        taker = self._receiver or self._form
        if taker is not None:
            await taker.take(chunk)
        elif route is None or len(self._body) + len(chunk) > route.limit:
            self._too_large = True
        elif not self._too_large:
            self._body += chunk

    def on_connection_close(self) -> None:
        """Forget what was sent of a file that will never be whole."""
        self.gone = True
        self.on_finish()

    def on_finish(self) -> None:
        """Leave nothing of a file that was refused."""
        if self._receiver is not None:
            self._receiver.drop()
        if self._form is not None:
            self._form.drop()

    async def perform(self, route: Route, parts: tuple[str, ...]) -> None:
        """Answer a request by what its route says."""
        if self._too_large:
            raise TooLarge(
                f"The body of this request may have {route.limit:,} bytes.", field="body"
            )
        draft = None if self._receiver is None else await self._receiver.draft()
        call = self.call_of(draft)
        if self._form is not None:
            call = replace(call, streamed=await self._form.form())
        answer = await self._run(route, call, parts)
        if isinstance(answer, File):
            await self.send_output(answer.output, answer.span)
            return
        if answer.once is not None:
            await self._wait(answer.once)
        self._send_reply(answer)

    async def _wait(self, once: Callable[[], bool]) -> None:
        """Return when something holds that is quick to ask, or when it takes too long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not await self.glance(once) and loop.time() < end:  # noqa: ASYNC110 - in the store
            await asyncio.sleep(_PAUSE)

    async def _run(self, route: Route, call: Call, parts: tuple[str, ...]) -> Reply | File:
        if route.key is not None:
            call = replace(call, caller=await self._owner_of(route.key(call)))
        if route.short(call) if callable(route.short) else route.short:
            return await self.glance(_answer, self.dialect, route, call, parts)
        reads = route.asks == "read"
        run = self.backend.call if reads else self.backend.call_to_write
        return await run(_answer, self.dialect, route, call, parts)

    async def _owner_of(self, key: str) -> Principal | None:
        """Return whose a key or token is; None when it is not good. Cookies don't count."""
        self.request._cookies = SimpleCookie()
        self._jupyter_current_user = None
        self.request.headers["Authorization"] = f"Bearer {key.strip()}"
        try:
            self.keyed = await self.backend.keyed(self.request.headers)
        except Unauthenticated:
            return None
        self.current_user = await ensure_async(self.identity_provider.get_user(self))
        return None if self.current_user is None else self.who

    def call_of(self, draft: Draft | None) -> Call:
        """Return the request as the functions of the dialect see it."""
        request = self.request
        given = [pair for pair in request.query_arguments.items() if pair[0] not in _NOT_OURS]
        return Call(
            self.service,
            None if self.current_user is None else self.who,
            self.root_url,
            request.method or "",
            request.headers,
            {name: [decoded(name, v) for v in some] for name, some in given},
            bytes(self._body),
            draft,
            self.dialect.options,
        )

    @property
    def root_url(self) -> str:
        """The address of the dialect's root."""
        path = url_path_join(self.base_url, self.root).rstrip("/")
        return f"{self.request.protocol}://{self.request.host}{path}"

    def refusal(self, verb: str) -> Exception:
        """Say that there is nothing, or that it does not have this verb."""
        if self.routes:
            return super().refusal(verb)
        path = self.request.path
        return NotFound(f"There is nothing at {path}.", field="path", value=path)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer with an error; who is not let in since nobody knows them is told just that."""
        unknown = status_code == 403 and not self.current_user and self.check_host()
        if unknown and not self._finished:
            error = Unauthenticated(
                "The credentials of this request are missing or not good here.",
                field="Authorization",
                hint="Send the server's token or an API key.",
            )
            kwargs["exc_info"] = (type(error), error, None)
        super().send_error(status_code, **kwargs)

    def answer_problem(self, problem: Problem, status: int) -> None:
        """Send an error in the dialect's own shape."""
        self._send_reply(self.dialect.error(problem, status))

    def _send_reply(self, reply: Reply) -> None:
        self.set_status(reply.status)
        if not self.let:  # tornado closes the connection of a body that nobody reads: say so
            self.set_header("Connection", "close")
        for name, value in reply.headers.items():
            self.set_header(name, value)
        self.finish(reply.encoded() or None, set_content_type=reply.media_type)


class WatchingHandler(Watching, DialectHandler):
    """Base of the handlers of paths at which a WebSocket can be opened, too."""


def handlers_of(dialect: Dialect, root: str) -> list[tuple[str, type[DialectHandler]]]:
    """Return what serves a dialect at `root` (no slash at either end) below the base URL.

    The last pattern takes everything else below the root: there, too, errors have its shape.
    """
    found = _handlers(dialect, dialect.routes, root)
    return [*found, (rf"/{root}(?:/.*)?", _handler(dialect, (), root, None))]


def handlers_at_port(dialect: Dialect) -> list[tuple[str, type[DialectHandler]]]:
    """Return what serves a dialect as its own server does: at its home, and beside that."""
    home = dialect.home or ""
    found = _handlers(dialect, dialect.routes, home, at_port=True)
    found += _handlers(dialect, dialect.beside, "", at_port=True)
    return [*found, ("/.*", _handler(dialect, (), home, None, at_port=True))]


def _handlers(
    dialect: Dialect, routes: Iterable[Route], root: str, **facts: bool
) -> list[tuple[str, type[DialectHandler]]]:
    paths = dict.fromkeys(route.path for route in routes)
    return [
        (pattern(f"{root}/{path}".lstrip("/")), _handler(dialect, routes, root, path, **facts))
        for path in paths
    ]


def pattern(path: str) -> str:
    """Return the regular expression that tornado matches for the path of a route."""
    *segments, last = path.split("/")
    open_end = last.endswith(":path}")
    segments += [] if open_end else [last]
    fixed = "/+".join("([^/]+?)".join(map(re.escape, _PART.split(segment))) for segment in segments)
    return f"/{fixed}((?:/.*)?)" if open_end else f"/{fixed}/*"


def _handler(
    dialect: Dialect, routes: Iterable[Route], root: str, path: str | None, **facts: bool
) -> type[DialectHandler]:
    own = {route.method: route for route in routes if route.path == path}
    members: dict[str, Any] = {method.lower(): _verb(route) for method, route in own.items()}
    if "get" in members:
        members.setdefault("head", members["get"])
        own.setdefault("HEAD", own["GET"])
    members |= {"dialect": dialect, "root": root, "routes": own, "challenge": dialect.challenge}
    members |= {"__module__": __name__, **facts}
    watched = any(route.watch for route in own.values())
    base = WatchingHandler if watched else DialectHandler
    return type(f"{dialect.name.title()}Handler", (base,), members)


def _verb(route: Route) -> Verb:
    @describes(Operation(route.summary, status=route.status))
    async def run(handler: DialectHandler, *parts: str) -> None:
        if route.watch is not None and isinstance(handler, Watching) and handler.is_upgrade:
            watch: Any = await handler.call(route.watch, handler.call_of(None), *parts)
            await handler.watch(watch, parts)
        else:
            await handler.perform(route, parts)

    if route.public:
        public: Verb = allow_unauthenticated(run)
        return public
    known: Any = web.authenticated  # whose types know nothing of coroutines
    verb: Verb = known(authorized(route.asks, resource=route.resource)(run))
    return verb


async def _raise(error: Exception, *_: str) -> None:
    """Raise an error that was found earlier."""
    raise error


async def _nothing(_: DialectHandler) -> None:
    """Do nothing, for those who may do something."""


def _answer(dialect: Dialect, route: Route, call: Call, parts: Iterable[str]) -> Reply | File:
    """Return the answer to a call, its value encoded."""
    value = route.run(call, *parts)
    if isinstance(value, File):
        return value
    reply = value if isinstance(value, Reply) else Reply(dialect.wrap(call, value), route.status)
    return replace(reply, value=reply.encoded())
