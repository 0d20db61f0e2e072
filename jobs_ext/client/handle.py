"""What all handles have in common: an id, and the way to the server that has the thing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs_ext.model.notification import Notification
    from jobs_ext.widgets.panel import Panel

    from .client import Client
    from .waiting import Look


class Handle(ABC):
    """A handle: an id and a server, found again wherever the handle is taken."""

    kind = ""

    def __init__(self, client: Client | None, id: str) -> None:  # noqa: A002
        self._client = client
        self._home: tuple[str, str] | None = None  # fingerprint and last address of the server
        self.shown = False  # in an output that is not final yet
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
        self.__dict__.update(_client=None, _home=state["home"], shown=False, _snapshot=None)
        self.id = state["id"]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def notify(self, url: str, *events: str, **more: Any) -> Notification:
        """Let it tell `url` (http, https, mailto) of `events` from now on; default: of its end.

        `more` are persistent, retries and headers, as for the option ``notify``. Raises
        `InvalidRequest` for what the server does not tell, `Conflict` when it has ended.
        """
        wanted = {"url": url} | ({"events": list(events)} if events else {}) | more
        return self.client.add_notification(self.kind, self.id, wanted)

    @property
    def notifications(self) -> list[Notification]:
        """Whom it tells, each with the ``deliveries`` and what became of them."""
        return self.client.notifications_of(self.kind, self.id)

    def unnotify(self, notification: Notification | str) -> None:
        """Let it tell somebody no more: one of its `notifications`, or the id of one."""
        self.client.delete_notification(
            self.kind, self.id, getattr(notification, "id", str(notification))
        )

    @abstractmethod
    def look(self, wait: int = 0) -> Look:
        """Return how far it is, asking the server: now, or at its end within `wait` seconds."""

    def done(self) -> bool:
        """Tell whether it has ended, whichever way, asking the server."""
        return self.look().ended

    @abstractmethod
    def view(self) -> dict[str, Any]:
        """Return what there is to see of it, as plain JSON."""

    def widget(self) -> Panel:
        """Return its live card as a widget; it moves also while the kernel is busy."""
        from jobs_ext.widgets.panel import Panel

        return Panel(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from . import display

        return display.bundle(self)

    def _ipython_display_(self) -> None:
        from . import display

        display.show(self)
