"""The card in an output cell, in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from jobs_ext.client import static
from jobs_ext.model.view import MIME
from tests.browser.lab import Lab, outputs
from tests.browser.page import PATIENCE, NotebookPage, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ELSEWHERE = "00000000-0000-7000-8000-000000000000"


def waits_for(signal: str) -> str:
    """Return the source of a cell with a job that ends when the file `signal` is there."""
    script = f"echo started; while [ ! -e {signal} ]; do sleep 0.05; done; echo ended"
    return f"import jobs_ext as jx\njob = jx.submit(['sh', '-c', {script!r}])\njob"


def test_the_card_moves_to_its_end_and_the_saved_notebook_tells_it(
    notebook: NotebookPage, lab: Lab
) -> None:
    path = lab.write_notebook("moves.ipynb", waits_for("go-moves"))
    notebook.open(path)
    notebook.run_all()
    badge(notebook.card, "RUNNING")
    notebook.card.get_by_text("Log", exact=True).click()
    log = notebook.card.locator(".jx-log")
    expect(log).to_contain_text("started", timeout=PATIENCE)

    (lab.root / "go-moves").touch()
    badge(notebook.card, "SUCCEEDED")
    expect(log).to_contain_text("ended")
    expect(notebook.card.get_by_role("button", name="Run again")).to_be_visible()

    notebook.save()
    (saved,) = outputs(path)
    view = saved[MIME]["view"]
    assert view["status"] == "SUCCEEDED"
    assert saved["text/html"] == static.html(view)
    assert saved["text/plain"] == static.text(view)

    notebook.reload()
    badge(notebook.card, "SUCCEEDED")
    expect(notebook.card.get_by_role("button", name="Run again")).to_be_visible(timeout=PATIENCE)


def test_a_reload_finds_a_job_that_still_runs(notebook: NotebookPage, lab: Lab) -> None:
    path = lab.write_notebook("reload.ipynb", waits_for("go-reload"))
    notebook.open(path)
    notebook.run_all()
    badge(notebook.card, "RUNNING")
    notebook.save()
    notebook.reload()
    badge(notebook.card, "RUNNING")
    (lab.root / "go-reload").touch()
    badge(notebook.card, "SUCCEEDED")


def test_a_failed_job_says_why_and_can_be_cancelled_by_its_button(
    notebook: NotebookPage, lab: Lab
) -> None:
    fails = "import jobs_ext as jx\njx.submit(['sh', '-c', 'echo no such data >&2; exit 3'])"
    notebook.open(lab.write_notebook("fails.ipynb", fails, waits_for("never")))
    notebook.run_all()
    badge(notebook.card.nth(0), "FAILED")
    expect(notebook.card.nth(0).locator(".jx-reason")).to_contain_text("exited with code 3")
    badge(notebook.card.nth(1), "RUNNING")
    notebook.card.nth(1).get_by_role("button", name="Cancel").click()
    badge(notebook.card.nth(1), "CANCELLED")


def test_outputs_can_be_downloaded(notebook: NotebookPage, lab: Lab) -> None:
    source = (
        "import jobs_ext as jx\njx.submit(['sh', '-c', 'echo a,b > \"$JOBS_OUTPUT_DIR/t.csv\"'])"
    )
    notebook.open(lab.write_notebook("download.ipynb", source))
    notebook.run_all()
    badge(notebook.card, "SUCCEEDED")
    with notebook.page.expect_download() as waiting:
        notebook.card.get_by_role("link", name="t.csv").click()
    assert Path(waiting.value.path()).read_text() == "a,b\n"
    notebook.card.get_by_label("Preview t.csv").click()
    expect(notebook.card.locator(".jx-preview th")).to_have_text(["a", "b"])
    notebook.card.get_by_role("button", name="Save to folder").click()
    notebook.card.get_by_label("Folder").fill("kept")
    notebook.card.get_by_role("button", name="Save", exact=True).click()
    expect(notebook.card.get_by_text("Saved in kept")).to_be_visible(timeout=PATIENCE)
    assert (lab.root / "kept" / "t.csv").read_text() == "a,b\n"


def test_a_batch_is_one_card(notebook: NotebookPage, lab: Lab) -> None:
    source = (
        "import jobs_ext as jx\n"
        "def inverse(k):\n    return 1 / k\n"
        "batch = jx.map(inverse, [0, 1, 2, 3])\nbatch"
    )
    notebook.open(lab.write_notebook("batch.ipynb", source))
    notebook.run_all()
    badge(notebook.card, "FAILED")
    expect(notebook.card.locator(".jx-counts")).to_have_text("3 succeeded1 failed")
    expect(notebook.card.locator(".jx-failure")).to_contain_text("ZeroDivisionError")
    notebook.card.get_by_text("1 × exception").click()
    notebook.card.get_by_role("button", name="inverse[0]").click()
    failed = notebook.page.locator(".jobs-ext-page")
    expect(failed.locator(".jx-log")).to_contain_text("ZeroDivisionError", timeout=PATIENCE)
    failed.get_by_role("button", name="Edit and run").click()
    failed.get_by_label("k", exact=True).fill("5")
    failed.get_by_role("button", name="Run", exact=True).click()
    badge(notebook.card, "SUCCEEDED")


def test_a_job_of_another_server_is_a_picture(notebook: NotebookPage, lab: Lab) -> None:
    view = {
        "kind": "job", "id": "019a9f00-0000-7000-8000-000000000001", "title": "elsewhere",
        "target": {"kind": "tool", "name": "wc-1.0"}, "status": "RUNNING", "tone": "active",
        "final": False, "actions": ["cancel"],
    }  # fmt: skip
    data = {MIME: {"version": 1, "server": ELSEWHERE, "view": view}, "text/plain": "a job"}
    notebook.open(lab.write_output("elsewhere.ipynb", data))
    expect(notebook.outputs.locator(".jx-label")).to_contain_text("Ran elsewhere", timeout=PATIENCE)
    badge(notebook.card, "RUNNING")
    expect(notebook.card.get_by_role("button")).to_have_count(0)


def test_an_unknown_job_of_this_server_is_said_to_be_gone(notebook: NotebookPage, lab: Lab) -> None:
    server = lab.ask("GET", "jobs-ext/api/v1/")["server"]
    view = {"kind": "job", "id": "019a9f00-0000-7000-8000-000000000002", "title": "gone"}
    data = {MIME: {"version": 1, "server": server, "view": view}, "text/plain": "a job"}
    notebook.open(lab.write_output("gone.ipynb", data))
    expect(notebook.outputs.locator(".jx-label")).to_contain_text("no longer", timeout=PATIENCE)


def test_a_notebook_cannot_smuggle_in_markup(notebook: NotebookPage, lab: Lab) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\">"
    view = {
        "kind": "job", "id": "019a9f00-0000-7000-8000-000000000003", "title": evil,
        "status": evil, "reason": evil, "outputs": [{"name": evil, "size": 1}],
    }  # fmt: skip
    data = {MIME: {"version": 1, "server": ELSEWHERE, "view": view}, "text/plain": "a job"}
    notebook.open(lab.write_output("evil.ipynb", data))
    expect(notebook.card.locator(".jx-title")).to_have_text(evil, timeout=PATIENCE)
    expect(notebook.card.locator("img")).to_have_count(0)
