"""A notebook open in a browser, driven by JupyterLab's own commands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import Lab

PATIENCE = 60_000  # ms: two noisy cores, and the kernel has to start
IMAGES = os.environ.get("JOBS_EXT_SCREENSHOTS")  # a folder: then the tests make the README's images

_READY = """() => {
  const widget = window.jupyterapp?.shell.currentWidget;
  const kernel = widget?.sessionContext?.session?.kernel;
  return Boolean(widget?.context?.isReady && widget.sessionContext.isReady
    && kernel?.connectionStatus === 'connected' && kernel.status === 'idle');
}"""
_EXECUTE = "([id, args]) => { void window.jupyterapp.commands.execute(id, args); }"
_SAVED = "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
_KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"


class NotebookPage:
    """One tab. `place` is where the server shows a notebook named ``{stem}``."""

    LAB = "lab/workspaces/{stem}/tree"  # a workspace each: no tabs of the tests before
    NOTEBOOK7 = "notebooks"

    def __init__(self, page: Page, lab: Lab, place: str = LAB) -> None:
        self.page = page
        self._lab = lab
        self._place = place

    def open(self, path: Path) -> None:
        """Open a notebook of the server's root and wait until its kernel is idle."""
        place = self._place.format(stem=path.stem)
        self.page.goto(f"{self._lab.url}{place}/{path.name}?token={self._lab.token}")
        self.wait_ready()

    def reload(self) -> None:
        """Load the page again, as a reader does."""
        self.page.reload()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until cells can be run."""
        self.page.wait_for_function(_READY, timeout=PATIENCE)

    def execute(self, command: str, **arguments: Any) -> None:
        """Start a command; what it promises is not waited for, since it may never come."""
        self.page.evaluate(_EXECUTE, [command, arguments])

    def run_all(self) -> None:
        """Run all cells."""
        self.execute("notebook:run-all-cells")

    def save(self) -> None:
        """Save the notebook and wait until its file is written."""
        self.execute("docmanager:save")
        self.page.wait_for_function(_SAVED, timeout=PATIENCE)

    @property
    def kernel_status(self) -> str:
        """What the kernel says of itself: idle or busy."""
        return str(self.page.evaluate(_KERNEL))

    @property
    def outputs(self) -> Locator:
        """The output areas of the notebook."""
        return self.page.locator(".jp-Notebook .jp-OutputArea-output")

    @property
    def card(self) -> Locator:
        """The cards in the notebook."""
        return self.page.locator(".jobs-ext-output .jx-card")

    @property
    def panel(self) -> Locator:
        """The panel with all jobs."""
        return self.page.locator("#jobs-ext-panel")

    def show_panel(self) -> None:
        """Bring the panel to the front."""
        self.execute("jobs-ext:show")
        expect(self.panel).to_be_visible()

    def row(self, title: str) -> Locator:
        """The rows of the panel whose title this is."""
        return self.panel.locator(".jx-row").filter(
            has=self.page.locator(f".jx-row-title:text-is({title!r})")
        )


def badge(card: Locator, status: str) -> None:
    """Wait until a card has this status."""
    expect(card.locator(".jx-badge")).to_have_text(status, timeout=PATIENCE)


#: Roles of what one operates; nobody who hears the page knows one without a name.
CONTROLS = {
    *("button", "checkbox", "combobox", "Date", "link", "listbox", "progressbar", "searchbox"),
    *("slider", "spinbutton", "switch", "tab", "textbox"),
}


def nameless(page: Page) -> list[str]:
    """Return the controls that the browser tells a screen reader of without a name, as HTML.

    JupyterLab's own editors of cells are left out.
    """
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    found = [
        session.send("DOM.getOuterHTML", {"backendNodeId": node["backendDOMNodeId"]})["outerHTML"]
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in CONTROLS
        if not node.get("name", {}).get("value")
    ]
    session.detach()
    return [html for html in found if "cm-content" not in html]


class Task(NamedTuple):
    """What a page did in one go: no frame is shown meanwhile."""

    clock: float  # ms that passed; what else the machine does is in them
    processor: float  # ms


def tasks(trace: bytes) -> list[Task]:
    """Return the tasks of the pages that a trace (of the category `toplevel`) tells of."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    found = [
        Task(event["dur"] / 1000, event["tdur"] / 1000)
        for event in events
        if event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in mains
        if "tdur" in event
    ]
    assert found, "a trace without tasks"
    return found


def picture(page: Page, name: str) -> None:
    """Write a screenshot for the documentation, when that was asked for."""
    if IMAGES:
        page.mouse.move(0, 0)
        page.screenshot(path=Path(IMAGES) / f"{name}.png", animations="disabled")
