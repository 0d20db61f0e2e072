"""What keeps the keys that are pressed in a form from the shortcuts of the notebook around it."""

from __future__ import annotations

from importlib import resources

import anywidget

#: the class of the form that has it among its children
FORM = "jx-filled-in"


class Keys(anywidget.AnyWidget):
    """Nothing to see: those of ipywidgets leave all keys but those of text fields to others."""

    _esm = (resources.files(__package__) / "keys.js").read_text("utf-8")
