"""A slider whose controls have names, which those of ipywidgets lack for who hears the page."""

from __future__ import annotations

from importlib import resources
from typing import Any

import anywidget
import traitlets

from jobs_ext.model.multiples import nearest

_CSS = """
.jx-slider .widget-label { width: 12em; }
.jx-slider input[type=range] { flex: 1 1 auto; align-self: center; min-width: 6em; margin: 0 12px 0 2px; accent-color: var(--jp-brand-color1, #1976d2); }
.jx-slider input[type=number] { flex: 0 0 7em; width: 7em; }
"""  # noqa: E501 - one line a rule


class Slider(anywidget.AnyWidget):
    """A number from `minimum` to `maximum`, by sliding or typing; beyond them it is the nearest.

    With `by` it is a multiple of that, as the bounds have to be; `step` is what a key adds.
    """

    _esm = (resources.files(__package__) / "slider.js").read_text("utf-8")
    _css = _CSS
    description = traitlets.Unicode().tag(sync=True)
    minimum = traitlets.Float().tag(sync=True)
    maximum = traitlets.Float().tag(sync=True)
    step = traitlets.Float().tag(sync=True)
    by = traitlets.Float(None, allow_none=True).tag(sync=True)  # None: any number between
    value: traitlets.TraitType[Any, Any]

    @traitlets.validate("value")
    def _within(self, proposal: dict[str, Any]) -> Any:
        kind = type(proposal["value"])
        held = min(max(proposal["value"], self.minimum), self.maximum)
        return kind(held if self.by is None else nearest(held, self.by))


class WholeSlider(Slider):
    """A slider for whole numbers."""

    value = traitlets.Int().tag(sync=True)


class RealSlider(Slider):
    """A slider for any numbers."""

    value = traitlets.Float().tag(sync=True)
