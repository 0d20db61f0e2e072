"""The base of all handlers: who is asking, how the service is called, how answers look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import msgspec
from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from jupyter_server.utils import url_path_join
from tornado import web

from ..model.errors import Forbidden, JobsError, StoreRefused, Unauthenticated
from .errors import RETRY_AFTER, Problem, describe, status_of
from .operation import operation_of
from .patience import awaited
from .people import KeyIdentity

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jupyter_server.auth import IdentityProvider

    from ..service import Service
    from ..service.principal import Principal
    from .backend import Backend
    from .forms import Form
    from .patience import Patience
    from .people import Keyed

API = "jobs-ext/api/v1"
P = ParamSpec("P")
R = TypeVar("R")


class Caller(JupyterHandler):
    """Knows who is asking: a user as Jupyter says, or who has a key of ours."""

    keyed: Keyed | None = None
    challenge = "Bearer"  # what a 401 asks for

    @property
    def backend(self) -> Backend:
        """What all handlers of this server share."""
        return cast("Backend", self.settings["jobs_ext_backend"])

    @property
    def service(self) -> Service:
        """The open service; raises `StoreUnavailable` while there is none."""
        return self.backend.service

    @property
    def who(self) -> Principal:
        """Who the request acts for."""
        if self.keyed is not None:
            return self.keyed.who
        return self.backend.people.principal(self.current_user)

    @property
    def identity_provider(self) -> IdentityProvider:
        """Who says who is asking: with a key of ours, the key."""
        if self.keyed is not None:
            return KeyIdentity()
        return super().identity_provider

    async def prepare(self, **options: bool) -> None:
        """Find out who is asking, and let nobody in whom neither Jupyter nor a key knows.

        A wrong key is refused even when the request has a good cookie as well.
        """
        self.current_user = self._jupyter_current_user = None
        self.keyed = await self.identify()
        await super().prepare(**options)
        verb = self.request.method or ""
        if operation_of(type(self), verb) is None and not self._is_preflight():
            await self._refuse(verb)

    async def identify(self) -> Keyed | None:
        """Return who the request acts for when not Jupyter says so but a key of ours."""
        return await self.backend.keyed(self.request.headers)

    def check_xsrf_cookie(self) -> None:
        """Raise `Forbidden` unless a page of this server sends this, where only a cookie says who.

        Jupyter's own words for that name what is missing, not what to do.
        """
        try:
            super().check_xsrf_cookie()
        except web.HTTPError as error:
            if error.status_code != 403:
                raise
            raise _not_proven(is_known=self.current_user is not None) from None

    def _is_preflight(self) -> bool:
        """Tell whether a browser asks, as it must without credentials, what other sites may do.

        Only where other sites are allowed at all.
        """
        cors = "Access-Control-Allow-Origin" in self.settings.get("headers", {})
        return self.request.method == "OPTIONS" and bool(
            cors or self.allow_origin or self.allow_origin_pat
        )

    async def _refuse(self, verb: str) -> None:
        """Refuse a verb that is not there, saying so only to those who may look."""
        user = self.current_user
        if user is None or not await ensure_async(
            self.authorizer.is_authorized(self, user, "read", "jobs_ext:api")
        ):
            raise web.HTTPError(403)
        if verb != "OPTIONS":
            raise self.refusal(verb)

    def refusal(self, verb: str) -> Exception:
        """Return what to say about a verb that this resource does not have."""
        allowed = ", ".join(verbs(type(self)))
        return web.HTTPError(405, f"{verb} is not possible here, only {allowed}.")

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``function(*args)``, run beside the event loop."""
        reads = self.request.method in ("GET", "HEAD")
        call = self.backend.call if reads else self.backend.call_to_write
        return await call(function, *args, **kwargs)

    async def glance(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``function(*args)``, a short read of the store."""
        return await self.backend.glance(function, *args, **kwargs)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer with an error, under the status that its kind stands for."""
        super().send_error(status_of(_error(kwargs), status_code), **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the JSON that describes an error."""
        error = _error(kwargs)
        if status_code == 503 and not isinstance(error, StoreRefused):
            self.set_header("Retry-After", str(RETRY_AFTER))
        if isinstance(error, Unauthenticated):
            self.set_header("WWW-Authenticate", self.challenge)
        if status_code == 405:
            self.set_header("Allow", ", ".join(verbs(type(self))))
        self.answer_problem(describe(error, status_code), status_code)

    def answer_problem(self, problem: Problem, status: int) -> None:
        """Send an error; the status is set, and may be set once more."""
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(problem, enc_hook=str))

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Log what is unexpected; errors that are part of the interface are in the access log."""
        if not isinstance(value, JobsError):
            super().log_exception(typ, value, tb)


class JobsHandler(ExtensionHandlerMixin, Caller, APIHandler):
    """Base of the REST handlers. Verbs are decorated on the concrete classes, one by one."""

    _left = False  # the client has, while it waited for the answer

    @property
    def _track_activity(self) -> bool:  # type: ignore[override]
        """Whether Jupyter takes the request for a sign that somebody is there.

        To look is none: a panel left open would keep an idle server alive.
        """
        return self.request.method not in ("GET", "HEAD")

    async def form(self) -> Form | None:
        """Return the body as a form, None when it is none (see `forms.FormHandler`)."""
        return None

    def on_connection_close(self) -> None:
        """Wait no longer for an end that nobody will be told of."""
        super().on_connection_close()
        self._left = True

    async def awaited(
        self, look: Callable[[], Awaitable[R]], enough: Callable[[R], bool], query: Patience
    ) -> R:
        """Return what `look` sees once it is `enough`; at once unless the query asks to wait.

        Raises what `identify` does for a key that was revoked meanwhile: nothing is told by it.
        """

        def over(seen: R) -> bool:
            return self._left or enough(seen)

        seen = await awaited(self.backend.bell, look, over, query.wait)
        if query.wait:
            await self.identify()
        return seen

    def answer(self, value: object, status: int) -> None:
        """Send `value` as JSON; nothing at all for None."""
        self.set_status(status)
        if value is not None:
            self.write(msgspec.json.encode(value))

    def compute_etag(self) -> None:
        """Send no ETag: to hash a page costs more than to send it, and nobody asks with one."""

    def url(self, *parts: str) -> str:
        """Return the path of a resource of this API, for ``Location``."""
        return url_path_join(self.base_url, API, *parts)


def verbs(handler: type) -> list[str]:
    """Return the verbs a handler class has."""
    return [v for v in JobsHandler.SUPPORTED_METHODS if operation_of(handler, v)]


def _error(details: dict[str, Any]) -> BaseException | None:
    found: BaseException | None = (details.get("exc_info") or (None, None))[1]
    return found


def _not_proven(*, is_known: bool) -> Forbidden:
    """Return what a request is told that has no credentials, or those of a browser alone."""
    credentials = "a token of the server or an API key in Authorization"
    if not is_known:
        return Forbidden(
            "The credentials of this request are missing or not good here.",
            field="Authorization",
            hint=f"Send {credentials}.",
        )
    return Forbidden(
        "A login's cookie alone changes nothing here: pages of other sites send it, too.",
        field="X-XSRFToken",
        hint=f"Send the value of the cookie _xsrf in this header, or {credentials}.",
    )
