"""A form for a tool, made from its schema; what the server finds wrong stands beside the field."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as w

from jobs_ext.client.errors import InvalidRequest, JobsError
from jobs_ext.client.job import Job
from jobs_ext.client.targets import ToolTarget

from .fields import Field, NothingGiven, complaint, input_field, parameter_field
from .panel import Panel

_FIELD = re.compile(r"arguments\.(\w+)")


class Form(w.VBox):  # type: ignore[misc]
    """Fields for a tool's inputs and parameters, a button, and below the card of the last job.

    ``form.job`` is the job submitted last, ``form.jobs`` are all of them; ``form.fields["k"]``
    gives access to a single field.
    """

    def __init__(self, target: ToolTarget) -> None:
        self._target = target
        self._listeners: list[Callable[[Job], object]] = []
        self._lock = threading.Lock()  # callbacks may come from several threads
        self.jobs: list[Job] = []
        info = target.client.tool_info(target.name)
        self.fields = _fields(info.tool.inputs, info.schema["properties"])
        self._required = set(info.schema.get("required", []))
        self._button = w.Button(description="Submit", button_style="primary", icon="play")
        self._button.on_click(lambda _: self.submit())
        self._said = w.HTML()
        self._below = w.VBox()
        head = f"<b>{escape(info.tool.title or info.tool.id)}</b>"
        described = f" {escape(info.tool.description)}" if info.tool.description else ""
        rows = [field.box for field in self.fields.values()]
        super().__init__([w.HTML(head + described), *rows, self._button, self._said, self._below])

    @property
    def job(self) -> Job | None:
        """The job submitted last; None before."""
        return self.jobs[-1] if self.jobs else None

    def on_submit(self, callback: Callable[[Job], object]) -> None:
        """Call `callback` with every job that is submitted from here on."""
        self._listeners.append(callback)

    def arguments(self) -> dict[str, Any]:
        """Return what is filled in.

        Raises `InvalidRequest` for the first field that can't be read or lacks what is needed;
        each such field says so beside it.
        """
        given: dict[str, Any] = {}
        wrong: list[InvalidRequest] = []
        for name, field in self.fields.items():
            try:
                given[name] = field.value()
            except NothingGiven:
                if name in self._required:
                    wrong.append(InvalidRequest("This is needed.", field=f"arguments.{name}"))
            except InvalidRequest as error:
                wrong.append(error)
        for each in wrong:
            self._complain(each)
        if wrong:
            raise wrong[0]
        return given

    def submit(self) -> Job | None:
        """Submit what is filled in, as the button does; None when something is wrong with it."""
        with self._lock:
            self._clear()
            self._button.disabled = True
            try:
                job = self._target.submit(**self.arguments())
            except JobsError as error:
                self._complain(error)
                return None
            finally:
                self._button.disabled = False
            self.jobs.append(job)
            self._below.children = [Panel(job)]
        for listener in self._listeners:
            listener(job)
        return job

    def _clear(self) -> None:
        self._said.value = ""
        for field in self.fields.values():
            field.complain("")

    def _complain(self, error: JobsError) -> None:
        """Show an error beside the field it names, else below the button."""
        place = _FIELD.match(error.field or "")
        if isinstance(error, InvalidRequest) and place and place[1] in self.fields:
            self.fields[place[1]].complain(str(error).removeprefix(f"{place[0]}: "))
        else:
            self._said.value = complaint(str(error))


def _fields(inputs: dict[str, Any], properties: dict[str, Any]) -> dict[str, Field]:
    return {
        name: input_field(name, inputs[name]) if name in inputs else parameter_field(name, schema)
        for name, schema in properties.items()
    }
