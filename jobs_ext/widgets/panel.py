"""Live cards and the live panel, as widgets that get their data straight from the server."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from IPython import get_ipython

from jobs_ext.client import session, static
from jobs_ext.client.errors import JobsError
from jobs_ext.client.origin import notebook_path
from jobs_ext.model.view import view_model

from .saved import saved

if TYPE_CHECKING:
    from jobs_ext.client.client import Client
    from jobs_ext.client.handle import Handle

_ROWS = 100  # in the first snapshot of a panel
_STOOD = "jx-stood"  # what JupyterLab hides while the panel itself is seen
_SHOWN = ["title", "status", "reason", "id"]  # of each, where nothing runs


def _source() -> str:
    """Return the one view and the adapter that brings it its data, as one ES module."""
    here = resources.files(__package__)
    view = here / "static" / "view.js"
    if not view.is_file():
        raise JobsError(
            "The front end of jobs_ext has not been built.",
            hint="Install the package with pip, which builds it.",
        )
    return "".join(one.read_text("utf-8") for one in (view, here / "page.js", here / "card.js"))


class Panel(anywidget.AnyWidget):
    """The card of one job or batch, or a table of the newest jobs; live while the kernel is busy.

    The browser talks to the server itself, with its own login; `snapshot` is what is drawn until
    it does, and where it can't.
    """

    _esm = _source()
    server = traitlets.Unicode().tag(sync=True)  # fingerprint: whose jobs these are
    watch = traitlets.Dict().tag(sync=True)  # {"kind": "job" | "batch", "id": …} or "jobs"
    notebook = traitlets.Unicode().tag(sync=True)  # the path of this one; "" where none is known
    snapshot = traitlets.Dict().tag(sync=True)  # the view, or views, as JSON

    def __init__(self, shown: Handle | None = None, client: Client | None = None) -> None:
        self._shown = shown
        self._taken: set[str] = set()  # variables that were made here, and may be made anew
        self._client = client or (shown.client if shown else session.default())
        watch = {"kind": shown.kind, "id": shown.id} if shown else {"kind": "jobs"}
        super().__init__(
            server=self._client.connection.info.server,
            watch=watch,
            notebook=notebook_path() or "",
            snapshot=self._look(),
        )
        self.on_msg(self._asked)

    def _ipython_display_(self) -> None:
        """Show the panel and, for where nothing runs, how things stood as a plain table."""
        from IPython.display import HTML, display

        bundle, about = self._repr_mimebundle_() or ({}, {})
        told = {"text/plain": f"{self._title()}: run the cell to see how things stand."}
        display(bundle | told, metadata=about, raw=True)  # type: ignore[no-untyped-call]
        display(HTML(self.html()))  # type: ignore[no-untyped-call]

    def _title(self) -> str:
        named = self.snapshot["kind"] != "jobs"
        return f"{self.snapshot['kind'].capitalize()} {self.snapshot['title']}" if named else "Jobs"

    def html(self) -> str:
        """Return the snapshot as a table without style or script."""
        if self.snapshot["kind"] != "jobs":
            table = static.html(self.snapshot)
        else:
            rows = [[job[name] or "" for name in _SHOWN] for job in self.snapshot["items"]]
            table = static.table(_SHOWN, rows)
        when = datetime.now().astimezone()
        return saved(f"{self._title()} on {when:%Y-%m-%d at %H:%M}", table, _STOOD)

    def refresh(self) -> None:
        """Ask the server how things stand; only needed where the browser can't."""
        self.snapshot = self._look()

    def _look(self) -> dict[str, Any]:
        if self._shown is not None:
            return self._shown.view()
        jobs = self._client.jobs(limit=_ROWS)
        return {"kind": "jobs", "items": [view_model(job.refresh()) for job in jobs]}

    def _asked(self, _: object, content: dict[str, Any], __: object) -> None:
        """Do what a browser without a way to the server asks for."""
        if content.get("action") == "take":
            told = self._take(str(content.get("id")), str(content.get("name")))
            self.send({"taken": content.get("id"), "text": told})
            return
        problem = ""
        try:
            self._act(str(content.get("action")), str(content.get("kind")), str(content.get("id")))
            self.refresh()
        except JobsError as error:
            problem = str(error)
        if "call" in content:
            self.send({"done": content["call"], "problem": problem})

    def _act(self, action: str, kind: str, id_: str) -> None:
        if action == "cancel":
            self._client.cancel(kind, id_)
        elif action == "reset":
            self._client.reset(kind, id_)
        elif action == "rerun":
            self._client.rerun(id_, {}, {})

    def _take(self, id_: str, name: str) -> str:
        """Put the table of a job into a variable of the notebook, and say so or why not."""
        variables = get_ipython().user_ns
        if keyword.iskeyword(name):  # of a lambda, which is called so
            name = f"{name}_"
        if not name.isidentifier():
            return f"{name!r} can't name a variable."
        name = self._free(name, variables)
        try:
            found = self._client.get(id_).df()
        except JobsError as error:
            return str(error)
        variables[name] = found
        self._taken.add(name)
        rows, columns = found.shape
        return f"{name} is a DataFrame now, {rows} × {columns}."

    def _free(self, name: str, variables: Mapping[str, object]) -> str:
        """Return the name, with a number when it is that of a variable not made here."""
        names = (f"{name}_{n}" if n > 1 else name for n in count(1))
        return next(one for one in names if one in self._taken or one not in variables)


def panel(shown: Handle | None = None) -> Panel:
    """Return a live table of all jobs, or the live card of one job or batch with its jobs."""
    return Panel(shown)
