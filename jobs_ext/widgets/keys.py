"""How a form looks, what keeps its keys from the notebook around it, and says when it is dead."""

from __future__ import annotations

from importlib import resources

import anywidget

#: the class of the form that has it among its children
FORM = "jx-filled-in"

_CSS = """
.jx-filled-in { --jx-titles: calc(12em + 10px); container-type: inline-size; max-width: 60em; }
.jx-filled-in > [inert] { opacity: 0.55; }
.jx-filled-in:has(> [inert]) .jupyter-widgets-disconnected::before, .jx-filled-in:has(> [inert])::before { content: none !important; }
.jx-forgotten { margin: 0 0 8px; color: var(--jp-content-font-color1, #1f2328); font-weight: 600; }
.jx-filled-in .widget-label { white-space: normal; line-height: 1.3; height: auto; align-self: center; }
.jx-filled-in :is(.widget-textarea, .widget-select) > .widget-label { align-self: flex-start; padding-top: 5px; }
.jx-filled-in :is(input, select, textarea) { font-family: inherit; }
.jx-filled-in :is(.widget-datetimepicker, .widget-timepicker) input { flex: 1 1 auto; min-width: 0; height: var(--jp-widgets-inline-height, 28px); box-sizing: border-box; padding: 0 8px; border: 1px solid var(--jp-widgets-input-border-color, #bdbdbd); color: var(--jp-widgets-input-color, #1f2328); background: var(--jp-widgets-input-background-color, #fff); font-size: var(--jp-widgets-font-size, 13px); }
.jx-filled-in ::placeholder { color: var(--jp-ui-font-color2, #59636e); opacity: 1; }
.jx-filled-in .widget-html + .jupyter-button { margin-left: -2px; }
.jx-filled-in .jx-code textarea { font-family: var(--jp-code-font-family, monospace); }
.jx-filled-in .widget-html-content { line-height: 1.4; }
.jx-filled-in .widget-html-content :is(h4, p) { margin: 0; }
.jx-filled-in .widget-html-content h4 { font-size: var(--jp-ui-font-size2, 15px); }
.jx-filled-in small { color: var(--jp-ui-font-color2, #59636e); font-size: 12px; }
.jx-filled-in .jx-indented { margin: 0 0 0 var(--jx-titles); align-items: flex-start; max-width: calc(42em + 2px - var(--jx-titles)); }
.jx-filled-in .jx-indented > * { margin-left: 0; margin-right: 8px; }
.jx-filled-in .jx-indented > :last-child { flex: 1 1 auto; margin-right: 0; }
.jx-filled-in .jx-indented > .jupyter-button { flex: none; width: auto; padding: 0 12px; }
.jx-filled-in > .widget-accordion { max-width: calc(42em + 4px); }
.jx-filled-in .jupyter-widget-Collapse-header { color: var(--jp-ui-font-color1, #1f2328); }
[data-jp-theme-light=false] .jx-filled-in .widget-dropdown > select { background-image: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'%3E%3Cpath d='M4 7l5 5 5-5' fill='none' stroke='%23ccc' stroke-width='2'/%3E%3C/svg%3E"); }
@container (max-width: 34em) {
  .jx-filled-in .widget-inline-hbox { flex-wrap: wrap; height: auto; }
  .jx-filled-in .widget-dropdown > select { min-height: var(--jp-widgets-inline-height, 28px); }
  .jx-filled-in .widget-label { width: 100% !important; text-align: left; }
  .jx-filled-in .jx-indented { margin-left: 2px; flex-wrap: wrap; }
}
"""  # noqa: E501 - one line a rule


class Keys(anywidget.AnyWidget):
    """Nothing to see: ipywidgets leaves all keys but those of text fields to others.

    Nor does it say, but by a mark, that there is no kernel any more that knows the form.
    """

    _css = _CSS
    _esm = (resources.files(__package__) / "keys.js").read_text("utf-8")
