"""Cells by hand: one that waits says how far it is and can be interrupted; magics complete."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gallery import APPS
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WAITS = """import jobs_ext as jx
def slow():
    import time
    jx.progress(0.4, "reading")
    time.sleep(600)
job = jx.options(name="{app}").submit(slow)
job.wait()"""


@pytest.mark.parametrize("app", APPS)
def test_an_interrupt_ends_the_waiting_and_not_the_job(page: Page, lab: Lab, app: str) -> None:
    notebook = NotebookPage(page, lab, APPS[app])
    notebook.open(lab.write_notebook(f"{app}-waits.ipynb", WAITS.format(app=app)))
    notebook.run_all()
    expect(notebook.outputs).to_contain_text("[########---", timeout=PATIENCE)
    expect(notebook.outputs).to_contain_text("reading")
    notebook.execute("notebook:interrupt-kernel")
    expect(notebook.outputs.last).to_contain_text("goes on", timeout=PATIENCE)
    [job] = lab.ask("GET", f"jobs-ext/api/v1/jobs?name={app}")["items"]
    assert job["status"] == "RUNNING"


def test_the_tab_key_completes_a_magic(notebook: NotebookPage, lab: Lab) -> None:
    notebook.open(lab.write_notebook("completes.ipynb", "%load_ext jobs_ext", "%job last lo"))
    notebook.run_all()
    expect(notebook.page.locator(".jp-InputPrompt").nth(1)).to_have_text("[2]:", timeout=PATIENCE)
    editor = notebook.page.locator(".jp-Notebook .cm-content").nth(1)
    editor.click()
    editor.press("End")
    editor.press("Tab")
    expect(notebook.page.locator(".jp-Completer-item")).to_have_count(1, timeout=PATIENCE)
    editor.press("Enter")
    expect(editor).to_have_text("%job last logs", timeout=PATIENCE)
