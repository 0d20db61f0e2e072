"""Every part as a reader sees it: in JupyterLab and Notebook 7, in the light and the dark theme."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Locator, Page

from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage

APPS = {"lab": NotebookPage.LAB, "notebook": NotebookPage.NOTEBOOK7}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
VIEWS = [(app, theme) for app in APPS for theme in THEMES]
#: Wide enough for what readers have, and so high that a part is on the screen as a whole.
WIDE, NARROW, HIGH = 1100, 480, 1500

_FINISHED = (Path(__file__).parent / "finished.js").read_text()
_ENDED = """() => {
  const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells];
  const mayRaise = cell => cell.getMetadata('tags')?.includes('raises-exception');
  const strict = cells.filter(cell => !mayRaise(cell));
  const outputs = strict.flatMap(cell => cell.outputs?.toJSON() ?? []);
  const wrong = outputs.find(output => output.output_type === 'error');
  const all = cells.every(cell => cell.executionCount && cell.executionState === 'idle');
  return wrong ? wrong.traceback.join('\\n') : all && 'all';
}"""
_THEME = "dark => document.body.dataset.jpThemeLight === String(!dark)"


@dataclass(frozen=True)
class Part:
    """What one cell shows.

    `look` gets its output: it operates what is to be open in the picture, in a way that may be
    repeated, and expects what has to be there. `known` are beginnings of sentences that
    `finished` says of it and that are no fault of ours.
    """

    name: str
    source: str
    look: Callable[[Locator], None]
    known: tuple[str, ...] = ()
    raises: bool = False  # what the cell shows is an error


@dataclass
class Gallery:
    """One notebook of the parts, run once in JupyterLab; a tab for each application.

    A context manager, which runs it and at its end closes the tabs.

    Pictures are `JOBS_EXT_SCREENSHOTS`/gallery/APP-THEME-PART.png; without that, in `folder`.
    """

    context: BrowserContext
    lab: Lab
    parts: Sequence[Part]
    name: str
    folder: Path
    start: str = "import jobs_ext as jx"
    tabs: dict[str, NotebookPage] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def __enter__(self) -> Gallery:
        if self.parts:
            self._run()
        return self

    def __exit__(self, *_exception: object) -> None:
        for tab in self.tabs.values():
            tab.page.close()

    def _run(self) -> None:
        """Run all cells and save the notebook, when the last of them has ended."""
        path = self.lab.write_notebook(
            f"{self.name}.ipynb",
            self.start,
            *(part.source for part in self.parts),
            raising=[part.source for part in self.parts if part.raises],
        )
        tab = self.tab("lab")
        tab.open(path)
        tab.run_all()
        ended = tab.page.wait_for_function(_ENDED, timeout=2 * PATIENCE).json_value()
        assert ended == "all", ended
        tab.save()

    def show(self, app: str, theme: str, width: int = WIDE) -> None:
        """Look at every part in one view; tell what is not finished, of all of them at once."""
        tab = self.tab(app)
        if tab.page.url == "about:blank":
            tab.open(self.lab.root / f"{self.name}.ipynb")
        self.dress(tab, theme)
        tab.page.set_viewport_size({"width": width, "height": HIGH})
        name = f"{app}-{theme}" if width == WIDE else f"{app}-{theme}-{width}"
        found = []
        for number, part in enumerate(self.parts, 1):
            output = self._output(tab.page, number)
            part.look(output)
            self.picture(output, f"{name}-{part.name}")
            found += [f"{part.name}: {one}" for one in finished(output, part.known)]
        assert not found + self.errors, "\n".join(found + self.errors)

    def tab(self, app: str) -> NotebookPage:
        """Return the tab of an application, a new one if there is none."""
        if app not in self.tabs:
            page = self.context.new_page()
            page.on("pageerror", self._keep)
            page.set_viewport_size({"width": WIDE, "height": HIGH})
            self.tabs[app] = NotebookPage(page, self.lab, APPS[app])
        return self.tabs[app]

    def dress(self, tab: NotebookPage, theme: str) -> None:
        """Choose the theme of an application."""
        tab.execute("apputils:change-theme", theme=THEMES[theme])
        tab.page.wait_for_function(_THEME, arg=theme == "dark", timeout=PATIENCE)

    def picture(self, part: Locator, name: str, *, still: bool = True) -> None:
        """Take a picture of what is shown, `still` at the end of what moves in it.

        A notice ends with its animation.
        """
        asked = os.environ.get("JOBS_EXT_SCREENSHOTS")
        folder = Path(asked) / "gallery" if asked else self.folder
        part.page.mouse.move(0, 0)
        animations = "disabled" if still else "allow"
        part.screenshot(path=folder / f"{name}.png", animations=animations)

    def _keep(self, error: Error) -> None:
        """Keep what our front end threw; the applications throw some of their own."""
        told = f"{error} {error.stack}"
        if any(ours in told for ours in ("jobs-ext", "jx-", "blob:")):
            self.errors.append(told)

    def _output(self, page: Page, number: int) -> Locator:
        """Return what a cell shows, in sight."""
        cell = page.locator(".jp-Notebook .jp-Cell").nth(number)
        cell.scroll_into_view_if_needed()
        return cell.locator(".jp-Cell-outputArea")


def finished(output: Locator, known: tuple[str, ...] = ()) -> list[str]:
    """Return what a person would not call finished, as sentences (see finished.js)."""
    return [one for one in output.evaluate(_FINISHED) if not one.startswith(known or ("\0",))]
