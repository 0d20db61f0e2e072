"""The example notebook, run by hand in a browser as a newcomer does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.page import NotebookPage, badge, picture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
THE_SWEEP_MS = 300_000
SOME_DONE = re.compile(r"\d\d / \d+ done")


def test_its_cells_run(notebook: NotebookPage, lab: Lab) -> None:
    shutil.copytree(NOTEBOOKS, lab.root, dirs_exist_ok=True)
    notebook.open(lab.root / "quickstart.ipynb")
    notebook.show_panel()
    notebook.run_all()
    badge(notebook.card.first, "SUCCEEDED")
    done = notebook.card.nth(1).locator(".jx-progress-text")
    expect(done).to_have_text(SOME_DONE, timeout=THE_SWEEP_MS)
    notebook.panel.get_by_text(re.compile(r"\d+ jobs")).click()
    notebook.card.nth(1).scroll_into_view_if_needed()
    picture(notebook.page, "lab")
    plot = notebook.outputs.locator("img")
    expect(plot).to_be_visible(timeout=THE_SWEEP_MS)
    badge(notebook.card.nth(1), "SUCCEEDED")
    assert (
        notebook.outputs.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    )
