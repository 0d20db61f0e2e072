"""The field for an input file: a path, picked from the server's folders or typed, or an upload."""

from __future__ import annotations

import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w

from jobs_ext.client.connection import Connection
from jobs_ext.client.errors import InvalidRequest
from jobs_ext.model.tool import ToolInput

from .fields import INDENTED, Field, NothingGiven, labelled
from .upload import Upload

_UP = "../"
_MOST = 500  # names of a folder that are shown


def input_field(name: str, declared: ToolInput, connection: Connection) -> Field:
    """Return the field for an input: picked from the server's files if those are here, or sent."""
    title = declared.title or name
    common = labelled(title, required=declared.required)
    hint = "paths, one per line" if declared.multiple else "path of a file"
    control = (w.Textarea if declared.multiple else w.Text)(placeholder=hint, **common)
    upload = Upload(connection, title, multiple=declared.multiple)
    below = [w.HBox([upload]).add_class(INDENTED)]
    if connection.shares_files:
        picker = Picker(control, Path.cwd(), multiple=declared.multiple)
        below = [w.HBox([picker.toggle, upload]).add_class(INDENTED), picker]

    def read() -> Any:
        if upload.pending:
            raise _under_way(name, upload.pending)
        paths = [line.strip() for line in control.value.splitlines() if line.strip()]
        given = [*paths, *upload.values()]
        if not given:
            raise NothingGiven
        return given if declared.multiple else given[-1]  # what was uploaded stands

    def write(value: Any) -> None:
        control.value = "\n".join(value) if declared.multiple else value

    def listen(changed: Callable[[], object]) -> None:
        control.observe(lambda _: changed(), "value")
        upload.observe(lambda _: changed(), ["files", "pending"])

    return Field(name, [control, *below], read, write, declared.description, listen)


def _under_way(name: str, files: list[str]) -> InvalidRequest:
    return InvalidRequest(
        f"{', '.join(files)} is still being uploaded.",
        field=f"arguments.{name}",
        hint="Wait until it is there, or cancel it.",
    )


class Picker(w.VBox):  # type: ignore[misc]
    """A list of the files in a folder, to go through by mouse or keyboard; shut at first."""

    def __init__(self, target: w.Text, folder: Path, *, multiple: bool) -> None:
        self._target, self._base, self._multiple = target, folder, multiple
        self._folder = folder
        self.toggle = w.ToggleButton(value=False, description="Browse…", icon="folder-open")
        self.toggle.observe(lambda change: self._show(shown=change["new"]), "value")
        self._list = w.Select(
            rows=8,
            description="Files",
            style={"description_width": "initial"},
            layout={"width": "100%"},
        )
        self._choose = w.Button(description="Choose", tooltip="Open this folder, or take this file")
        self._choose.on_click(lambda _: self.choose())
        self._where = w.HTML()
        super().__init__([self._where, self._list, self._choose])
        self.add_class(INDENTED)
        self._show(shown=False)

    def choose(self) -> None:
        """Open the folder that is marked, or put the marked file's path into the field."""
        name = self._list.value
        if name is None:
            return
        if name.endswith("/"):
            self._folder = (self._folder / name).resolve()
            self._fill()
            return
        path = os.path.relpath(self._folder / name, self._base)
        before = self._target.value.rstrip("\n")
        self._target.value = f"{before}\n{path}" if self._multiple and before else path
        self.toggle.value = self._multiple

    def _show(self, *, shown: bool) -> None:
        self.layout.display = "" if shown else "none"
        if shown:
            self._fill()

    def _fill(self) -> None:
        names = [_UP, *names_in(self._folder)]
        self._list.options = names
        self._list.value = names[min(1, len(names) - 1)]
        self._where.value = f"<small>{escape(str(self._folder))}</small>"


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, the folders first and with a slash; no hidden ones."""
    try:
        with os.scandir(folder) as found:
            shown = [one for one in found if not one.name.startswith(".")]
    except OSError:
        return []
    named = sorted((not one.is_dir(), one.name) for one in shown)[:_MOST]
    return [name if is_file else f"{name}/" for is_file, name in named]
