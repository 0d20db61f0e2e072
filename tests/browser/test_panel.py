"""The panel with all jobs, and the notices, in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SLEEP = "import time\ntime.sleep(600)"


def named_job(name: str, signal: str) -> str:
    """Return the source of a cell with a job that ends when the file `signal` is there."""
    script = f"echo started; while [ ! -e {signal} ]; do sleep 0.05; done; echo ended"
    command = f"jx.command(['sh', '-c', {script!r}])"
    return f"import jobs_ext as jx\njob = jx.options(name={name!r}).submit({command})\njob"


def test_a_newcomer_is_told_what_to_type(notebook: NotebookPage, lab: Lab) -> None:
    notebook.open(lab.write_notebook("empty.ipynb", ""))
    notebook.show_panel()
    expect(notebook.panel).to_contain_text("import jobs_ext as jx", timeout=PATIENCE)
    notebook.execute("apputils:activate-command-palette")
    notebook.page.locator(".lm-CommandPalette-input").fill("Show Jobs")
    expect(notebook.page.locator(".lm-CommandPalette-itemLabel").first).to_contain_text("Show Jobs")


def test_card_and_panel_move_while_the_kernel_is_blocked(notebook: NotebookPage, lab: Lab) -> None:
    notebook.open(lab.write_notebook("blocked.ipynb", named_job("blocked", "go-blocked"), SLEEP))
    notebook.show_panel()
    notebook.run_all()
    badge(notebook.card, "RUNNING")
    row = notebook.row("blocked")
    expect(row).to_have_attribute("data-status", "RUNNING", timeout=PATIENCE)
    (lab.root / "go-blocked").touch()
    badge(notebook.card, "SUCCEEDED")
    expect(row).to_have_attribute("data-status", "SUCCEEDED")
    assert notebook.kernel_status == "busy"
    notebook.execute("kernelmenu:interrupt")


def test_a_notice_tells_the_end_and_opens_the_job(notebook: NotebookPage, lab: Lab) -> None:
    notebook.open(lab.write_notebook("notice.ipynb", named_job("noticed", "go-notice")))
    notebook.run_all()
    badge(notebook.card, "RUNNING")
    (lab.root / "go-notice").touch()
    toast = notebook.page.locator(".Toastify__toast").filter(has_text="noticed succeeded")
    expect(toast).to_have_count(1, timeout=PATIENCE)
    toast.get_by_role("button", name="Open").click()
    job_page = notebook.page.locator(".jobs-ext-page")
    badge(job_page, "SUCCEEDED")
    expect(job_page.locator(".jx-log")).to_contain_text("ended", timeout=PATIENCE)


def test_a_batch_is_noticed_once(notebook: NotebookPage, lab: Lab) -> None:
    source = (
        "import jobs_ext as jx\n"
        "def wait(k):\n    import os, time\n"
        "    while not os.path.exists('go-batch'): time.sleep(.05)\n"
        "batch = jx.options(name='together').map(wait, [1, 2, 3])\nbatch"
    )
    notebook.open(lab.write_notebook("together.ipynb", source))
    notebook.run_all()
    badge(notebook.card, "RUNNING")
    (lab.root / "go-batch").touch()
    toasts = notebook.page.locator(".Toastify__toast")
    expect(toasts.filter(has_text="all 3 jobs succeeded")).to_have_count(1, timeout=PATIENCE)
    expect(toasts).to_have_count(1)


def test_filter_open_log_cancel_and_run_again(notebook: NotebookPage, lab: Lab) -> None:
    cells = [named_job(name, "never") for name in ("alpha", "beta")]
    notebook.open(lab.write_notebook("panel.ipynb", *cells))
    notebook.show_panel()
    notebook.run_all()
    alpha, beta = notebook.row("alpha"), notebook.row("beta")
    expect(beta).to_have_attribute("data-status", "RUNNING", timeout=PATIENCE)

    notebook.panel.get_by_label("Filter jobs by text").fill("alph")
    expect(beta).to_have_count(0)
    expect(alpha).to_be_visible()
    notebook.panel.get_by_label("Filter jobs by status").select_option("Succeeded")
    expect(notebook.panel).to_contain_text("No job fits the filter.")
    notebook.panel.get_by_label("Filter jobs by status").select_option("All")

    alpha.get_by_role("button", name="alpha").click()
    opened = notebook.page.locator(".jobs-ext-page")
    expect(opened.locator(".jx-log")).to_contain_text("started", timeout=PATIENCE)
    alpha.get_by_role("button", name="Cancel").click()
    expect(alpha).to_have_attribute("data-status", "CANCELLED", timeout=PATIENCE)
    badge(opened, "CANCELLED")
    alpha.get_by_role("button", name="Run again").click()
    expect(alpha).to_have_count(2, timeout=PATIENCE)


def test_a_missing_server_half_is_named_with_its_remedy(browser: Browser, tmp_path: Path) -> None:
    options = ["--ServerApp.jpserver_extensions={'jobs_ext': False}"]
    with Lab(tmp_path, options) as lab:
        context = browser.new_context()
        notebook = NotebookPage(context.new_page(), lab)
        notebook.open(lab.write_notebook("alone.ipynb", ""))
        notebook.show_panel()
        expect(notebook.panel.get_by_role("status")).to_contain_text(
            "pip install jobs_ext", timeout=PATIENCE
        )
        # In the midst of a request for its files Jupyter's server does not end when it is told to.
        notebook.page.wait_for_load_state("networkidle")
        context.close()
