"""Resources and options of a form, folded away until somebody wants them."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from jobs_ext.client.errors import InvalidRequest

from .fields import Field, NothingGiven, Schema, parameter_field

_OPTIONS: dict[str, Schema] = {
    "name": {"type": "string", "description": "What people call the job."},
    "cpu": {"type": "number", "examples": [2], "description": "Cores that it reserves."},
    "memory": {
        "type": "string",
        "examples": ["4GB"],
        "description": "The most it may use.",
    },
    "gpu": {"type": "integer", "examples": [1], "description": "GPUs of its own."},
    "timeout": {"type": "string", "examples": ["1h"], "description": "Of one attempt."},
    "retries": {
        "type": "integer",
        "examples": [2],
        "description": "Attempts after a failure.",
    },
    "queue": {"type": "string"},
    "priority": {"type": "integer", "description": "Larger runs earlier."},
}


class OptionsFold(w.Accordion):  # type: ignore[misc]
    """Fields for the options; one that is left empty is left to the tool and the server.

    They are made when the fold is first opened, or asked for: each is ten messages to the page, and
    of thousands at once some are lost.
    """

    def __init__(self) -> None:
        self.made: dict[str, Field] = {}
        self._box = w.VBox()
        super().__init__([self._box], titles=("Resources and options",), selected_index=None)
        self.observe(lambda _: self._make(), "selected_index")

    @property
    def fields(self) -> dict[str, Field]:
        """All of them, by name."""
        self._make()
        return self.made

    def _make(self) -> None:
        if not self.made:
            self.made = {
                name: parameter_field(name, schema, required=False)
                for name, schema in _OPTIONS.items()
            }
            self._box.children = [field.box for field in self.made.values()]

    def given(self) -> dict[str, Any]:
        """Return the options that are filled in; `InvalidRequest` for one that can't be read."""
        found: dict[str, Any] = {}
        for name, field in self.made.items():
            try:
                found[name] = field.value()
            except NothingGiven:
                continue
            except InvalidRequest as error:
                raise InvalidRequest(error.message, field=f"options.{name}") from None
        return found
