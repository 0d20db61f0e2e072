"""What a widget leaves in a notebook for where nothing runs: a fold, closed, with a plain table."""

from __future__ import annotations

from html import escape

#: JupyterLab then hides that the widget itself is gone (panel.css of the extension)
_CLASS = "jx-saved"


def saved(summary: str, table: str, kind: str = "") -> str:
    """Return HTML, without style or script, that shows `table` when its summary is pressed.

    `kind` is a further class.
    """
    classes = f"{_CLASS} {kind}".rstrip()
    return f'<details class="{classes}"><summary>{escape(summary)}</summary>{table}</details>'
