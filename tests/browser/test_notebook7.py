"""The same front end in Notebook 7."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SOURCE = "import jobs_ext as jx\njob = jx.submit(['sh', '-c', 'echo here'])\njob"


def test_card_panel_and_log(page: Page, lab: Lab) -> None:
    notebook = NotebookPage(page, lab, NotebookPage.NOTEBOOK7)
    notebook.open(lab.write_notebook("seven.ipynb", SOURCE))
    notebook.run_all()
    badge(notebook.card, "SUCCEEDED")
    notebook.show_panel()
    row = notebook.panel.locator(".jx-row")
    expect(row).to_have_attribute("data-status", "SUCCEEDED", timeout=PATIENCE)
    row.locator("button.jx-row-title").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog.locator(".jx-log")).to_contain_text("here", timeout=PATIENCE)
