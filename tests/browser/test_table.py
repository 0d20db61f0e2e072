"""The table of ``jx.panel()``, operated in JupyterLab and Notebook 7."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.gallery import APPS
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

JOBS = """
import jobs_ext as jx
import pandas as pd

def half(k):
    if k == 2:
        raise ValueError("no half of 2")
    return pd.DataFrame({{"k": [k], "half": [k / 2]}})

batch = jx.options(name="{app} half").map(half, [0, 1, 2])
jx.options(name="{app} words").submit("wc", text="words.txt").wait(60)
held = [jx.options(name="{app} held", hold=True).submit(["true"]) for _ in range(3)]
batch.wait(60)
jx.panel()
"""
SHOW = "print(type({app}_half_1).__name__, {app}_half_1.half.tolist())"


class Table:
    """The table in an output of a notebook, as a reader operates it."""

    def __init__(self, node: Locator) -> None:
        self.node = node
        self.rows = node.locator(".jx-grid-row")

    def choose(self, what: str, label: str) -> None:
        """Choose a status, a batch or a notebook."""
        self.node.get_by_label(f"Filter jobs by {what}").select_option(label=label)

    def fill(self, what: str, text: str) -> None:
        """Type a name, a tool, or the number of a row."""
        self.node.get_by_label(what).fill(text)

    def press(self, button: str) -> None:
        """Press a button."""
        self.node.get_by_role("button", name=button, exact=True).click()

    def has(self, number: int) -> None:
        """Wait until it has so many rows."""
        expect(self.rows).to_have_count(number, timeout=PATIENCE)

    def says(self, text: str) -> None:
        """Wait until it says so."""
        expect(self.node).to_contain_text(text, timeout=PATIENCE)

    def select_all(self, number: int) -> None:
        """Select all rows, when there are so many."""
        self.has(number)
        self.node.get_by_label("Select all rows that are loaded").check()
        self.says(f"{number} selected")


@pytest.mark.parametrize("app", APPS)
def test_filters_verbs_and_variables(page: Page, lab: Lab, app: str) -> None:
    (lab.root / "words.txt").write_text("two words\n")
    notebook = NotebookPage(page, lab, APPS[app])
    cells = (JOBS.format(app=app), SHOW.format(app=app))
    notebook.open(lab.write_notebook(f"{app}-table.ipynb", *cells))
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    table = Table(page.locator(".jx-table-of-jobs"))

    table.choose("notebook", "This notebook")
    table.has(7)
    table.choose("status", "Failed")
    table.has(1)
    expect(table.rows).to_contain_text("ValueError: no half of 2")
    table.choose("status", "All")
    table.fill("Filter jobs by tool", "wc-1.0")
    table.has(1)
    expect(table.rows).to_contain_text(f"{app} words")
    table.fill("Filter jobs by tool", "")

    table.choose("batch", f"{app} half (3)")
    table.has(3)
    table.fill("Go to row", "2")
    expect(table.node.locator(".jx-found")).to_contain_text("half[2]", timeout=PATIENCE)
    table.node.get_by_label(f"Select {app} half[2]").check()
    table.press("Retry")
    table.says("Retried 1 job.")
    table.choose("batch", "Any batch")

    table.fill("Filter jobs by name or expression", f"{app} held")
    table.select_all(3)
    table.press("Cancel")
    table.says("Cancelled 3 jobs.")
    table.select_all(3)
    table.press("Delete")
    table.says("Deleted 3 jobs.")
    table.has(0)
    table.press("Undo")
    table.says("Brought back 3 jobs.")
    table.has(3)

    table.fill("Filter jobs by name or expression", f"{app} half")
    table.has(3)
    table.press(f"Put the table of {app} half[1] into a variable")
    table.says(f"{app}_half_1 is a DataFrame now, 1 × 2.")
    page.locator(".jp-Notebook .cm-content").nth(1).click()
    page.keyboard.press("Shift+Enter")
    expect(notebook.outputs.last).to_contain_text("DataFrame [0.5]", timeout=PATIENCE)
