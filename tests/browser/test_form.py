"""The widgets in a real JupyterLab: the form, and the panel in a cell."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage, badge, picture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_form_submits_and_shows_its_job(notebook: NotebookPage, lab: Lab) -> None:
    (lab.root / "lines.txt").write_text("one\ntwo\nthree\n")
    form = "import jobs_ext as jx\nform = jx.form('wc')\nform"
    notebook.open(lab.write_notebook("form.ipynb", form))
    notebook.run_all()
    widget = notebook.outputs.locator(".jupyter-widgets.widget-vbox").first
    expect(widget).to_be_visible(timeout=PATIENCE)
    submit = widget.get_by_role("button", name="Submit")
    path = widget.locator("input[type=text]").first
    path.fill("none.txt")
    complaint = widget.get_by_role("alert")
    expect(complaint).to_contain_text("none.txt", timeout=PATIENCE)
    widget.locator("button", has_text="Browse").first.click()
    widget.locator("select").first.select_option("lines.txt")
    widget.get_by_role("button", name="Choose").first.click()
    expect(path).to_have_value("lines.txt")
    expect(complaint).to_have_count(0, timeout=PATIENCE)
    submit.click()
    card = widget.locator(".jx-card")
    badge(card, "SUCCEEDED")
    picture(notebook.page, "form")


def test_the_panel_widget_is_live_while_the_kernel_is_blocked(
    notebook: NotebookPage, lab: Lab
) -> None:
    blocks = "import time\njx.options(name='shown').submit(['sleep', '1'])\ntime.sleep(600)"
    cells = ["import jobs_ext as jx\njx.panel()", blocks]
    notebook.open(lab.write_notebook("widget.ipynb", *cells))
    notebook.run_all()
    row = notebook.outputs.locator(".jx-row[data-status=SUCCEEDED]").filter(has_text="shown")
    expect(row).to_be_visible(timeout=PATIENCE)
