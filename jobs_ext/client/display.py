"""How a handle shows itself: one MIME bundle, updated in place when its job has ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jobs_ext.model.view import MIME, mime_bundle_data

from . import static
from .errors import JobsError

if TYPE_CHECKING:
    from jobs_ext.widgets.panel import Panel

    from .client import Client


class Shown:
    """A handle: an id and a server, found again wherever the handle is taken."""

    kind = ""

    def __init__(self, client: Client | None, id: str) -> None:  # noqa: A002
        self._client = client
        self._home: tuple[str, str] | None = None  # fingerprint and last address of the server
        self._shown = False
        self.id = id

    @property
    def client(self) -> Client:
        """The server it is on; looked for again after unpickling."""
        if self._client is None:
            from . import session

            fingerprint, url = self._home or ("", "")
            self._client = session.client_of(fingerprint, url)
        return self._client

    def __getstate__(self) -> dict[str, Any]:
        """Keep id and server only: no token, no snapshot."""
        if self._client is not None:
            connection = self._client.connection
            self._home = (connection.info.server, connection.address.url)
        return {"id": self.id, "home": self._home}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(_client=None, _home=state["home"], _shown=False, _snapshot=None)
        self.id = state["id"]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def view(self) -> dict[str, Any]:
        """Return what there is to see of it, as plain JSON."""
        raise NotImplementedError

    def widget(self) -> Panel:
        """Return its live card as a widget; it moves also while the kernel is busy."""
        from jobs_ext.widgets.panel import Panel

        return Panel(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return bundle(self)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        data = bundle(self)
        self._shown = not _is_final(data)
        display(data, raw=True, display_id=_display_id(self))  # type: ignore[no-untyped-call]


def bundle(shown: Shown) -> dict[str, Any]:
    """Return the MIME bundle: the live card's data, plain HTML and plain text.

    Never raises: a handle whose server is away shows its id.
    """
    try:
        view = shown.view()
        server = shown.client.connection.info.server
    except JobsError as error:
        return {"text/plain": f"<{shown.kind} {shown.id}> ({error})"}
    return {
        MIME: mime_bundle_data(view, server),
        "text/html": static.html(view),
        "text/plain": static.text(view),
    }


def update(shown: Shown) -> None:
    """Put the present snapshot into the output that shows it, if one does and is not final."""
    if shown._shown and "IPython" in sys.modules:
        from IPython.display import update_display

        data = bundle(shown)
        shown._shown = not _is_final(data)
        update_display(  # type: ignore[no-untyped-call]
            data, display_id=_display_id(shown), raw=True
        )


def _is_final(data: dict[str, Any]) -> bool:
    return MIME in data and bool(data[MIME]["view"]["final"])


def _display_id(shown: Shown) -> str:
    return f"jobs-ext-{shown.id}"
