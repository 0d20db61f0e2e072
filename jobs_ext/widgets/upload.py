"""Files that a reader uploads: straight from the browser to the server, past the kernel.

Each is kept as a version of a data set in a project of the reader's own, so that it can be given
to other jobs, too. Where the page has no way to the server, the kernel takes small ones.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import anywidget
import traitlets

from jobs_ext.client.connection import Connection
from jobs_ext.client.wire import Part


def _source() -> str:
    """Return the requests to the server and what is drawn, as one ES module."""
    here = resources.files(__package__)
    return "".join((here / name).read_text("utf-8") for name in ("page.js", "upload.js"))


class Upload(anywidget.AnyWidget):
    """A button and a place to drop files on, with how far each is; `values` is what came of it."""

    _esm = _source()
    title = traitlets.Unicode().tag(sync=True)  # of the field it belongs to
    multiple = traitlets.Bool().tag(sync=True)
    server = traitlets.Unicode().tag(sync=True)  # fingerprint: where the files are to go
    project = traitlets.Unicode().tag(sync=True)  # that keeps them
    #: what is kept: [{"name", "size", "project", "version"}], or with a "key" of `_parts` alone
    files: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    #: names of files that are under way
    pending: traitlets.List[str] = traitlets.List().tag(sync=True)

    def __init__(self, connection: Connection, title: str, *, multiple: bool) -> None:
        self._parts: dict[str, Part] = {}
        info = connection.info
        project = f"uploads-{info.owner}"
        super().__init__(title=title, multiple=multiple, server=info.server, project=project)
        self.on_msg(self._came)

    def values(self) -> list[Any]:
        """Return what names the files in a request: a data set, or the content itself."""
        return [self._value(file) for file in self.files]

    def _value(self, file: dict[str, Any]) -> Any:
        if "key" in file:
            return self._parts[file["key"]]
        return {"$dataset": {name: file[name] for name in ("project", "name", "version")}}

    def _came(self, _: object, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """Hear of a file that could only come by way of the kernel, or of what is kept by now."""
        if "key" in content:
            kind = content.get("type") or "application/octet-stream"
            self._parts[content["key"]] = Part(content["name"], bytes(buffers[0]), kind)
        else:
            self.set_trait("files", content["files"])
            self.set_trait("pending", content["pending"])
