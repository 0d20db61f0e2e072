"""The widgets in a real JupyterLab: the form, and the panel in a cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, WebSocket, expect

from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, NotebookPage, badge, nameless, picture, tasks
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SOME = 300  # jobs: five changes of each are drawn
LONGEST_FRAME = 100  # ms
FORGET_SHARED = "() => delete window[Symbol.for('jobs-ext.events.1')]"
LARGE = 60_000_000  # bytes: no message to a kernel may be so long


SLIDER = """
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated
@dataclass
class Point:
    x: int
    seen: date = date(2026, 1, 2)
def grow(at: Point, near: dict[str, Point], when: datetime, clock: time = time(10),
         depth: Annotated[int, {"minimum": 1, "maximum": 9}] = 3, of: int | Point = Point(1)):
    pass
jx.form(grow, near={})
"""

LOOKS = """all => all.map(one => {
  const { border, color, backgroundColor, height } = getComputedStyle(one);
  return [border, color, backgroundColor, height].join();
})"""


def test_a_form_submits_and_shows_its_job(notebook: NotebookPage, lab: Lab) -> None:
    (lab.root / "lines.txt").write_text("one\ntwo\nthree\n")
    form = "import jobs_ext as jx\nform = jx.form('wc')\nform"
    notebook.open(lab.write_notebook("form.ipynb", form, SLIDER))
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

    depth = notebook.outputs.get_by_role("slider", name="depth")
    depth.press("ArrowRight")
    number = notebook.outputs.get_by_role("spinbutton", name="depth")
    expect(number).to_have_value("4")
    number.fill("70")
    number.press("Enter")
    expect(depth).to_have_value("9")
    dates, moments = (
        notebook.outputs.locator(f"input:is({kinds})").evaluate_all(LOOKS)
        for kinds in ("[type=date]", "[type=datetime-local], [type=time]")
    )
    assert len(moments) == 2
    assert set(moments) == set(dates)
    for fold in ("Resources and options", "Log"):
        widget.get_by_text(fold, exact=True).click()
    widget.get_by_role("button", name="Browse").click()
    notebook.show_panel()
    expect(notebook.panel.locator(".jx-row")).not_to_have_count(0, timeout=PATIENCE)
    assert nameless(notebook.page) == []
    cells = notebook.page.locator(".jp-Notebook .jp-Cell")
    there = cells.count()
    submit.press("b")  # a cell more, for the notebook
    expect(cells).to_have_count(there)


SIZES = """
name = "sizes"
command = ["wc", "-c", "{table}", "{more}"]

[inputs.table]
title = "Table"

[inputs.more]
multiple = true
required = false
"""

DROP = """zone => {
  const carried = new DataTransfer();
  ["one.txt", "two.txt"].forEach(name => carried.items.add(new File(["12345"], name)));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true }));
}"""


def test_files_go_straight_to_the_server_while_the_kernel_is_busy(
    notebook: NotebookPage, lab: Lab, tmp_path: Path
) -> None:
    (lab.root / "tools").mkdir()
    (lab.root / "tools" / "sizes.toml").write_text(SIZES)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(LARGE)
    bad = tmp_path / "no\u200bwidth.csv"  # a name that cannot be told from another
    bad.touch()
    form = "import jobs_ext as jx\nform = jx.form('sizes')\nform"
    wait = "import pathlib, time\nwhile not pathlib.Path('go-on').exists(): time.sleep(.05)"
    notebook.open(lab.write_notebook("upload.ipynb", form, wait))
    notebook.run_all()
    table = notebook.outputs.get_by_role("group", name="Uploads: Table")
    expect(table).to_be_visible(timeout=PATIENCE)
    busy = notebook.page.locator(".jp-Notebook .jp-InputPrompt").get_by_text("[*]:")
    expect(busy).to_have_count(1, timeout=PATIENCE)
    upload = table.get_by_role("button", name="Upload a file")
    notebook.page.route("**/datasets/**", lambda _: None)  # it gets nowhere
    table.locator("input[type=file]").set_input_files(large)
    table.get_by_role("button", name="Cancel the upload of large.csv").press("Enter")
    expect(table.get_by_role("alert")).to_contain_text("Cancelled")
    expect(upload).to_be_focused()
    table.get_by_role("button", name="Dismiss large.csv").press("Enter")
    notebook.page.unroute_all(behavior="ignoreErrors")
    with notebook.page.expect_file_chooser() as chooser:
        upload.press("Enter")
    chooser.value.set_files(large)
    expect(table.get_by_role("progressbar", name="Sent of large.csv")).to_be_visible()
    expect(table).to_contain_text("60.0 MB uploaded to uploads-", timeout=PATIENCE)

    more = notebook.outputs.get_by_role("group", name="Uploads: more")
    more.locator(".jx-upload-drop").evaluate(DROP)
    expect(more.locator(".jx-upload-kept")).to_have_count(2, timeout=PATIENCE)
    more.get_by_role("button", name="Remove one.txt").press("Enter")
    expect(more.locator(".jx-upload-kept")).to_have_count(1)
    more.locator("input[type=file]").set_input_files(bad)
    expect(more.get_by_role("alert")).to_contain_text("No data set can have the name")
    expect(busy).to_have_count(1)
    (lab.root / "go-on").touch()
    notebook.outputs.get_by_role("button", name="Submit").click()
    badge(notebook.outputs.locator(".jx-card").first, "SUCCEEDED")
    [job] = lab.ask("GET", "jobs-ext/api/v1/jobs?tool=sizes")["items"]
    log = lab.ask("GET", f"jobs-ext/api/v1/jobs/{job['id']}/logs?stream=stdout&offset=0")
    assert f"{LARGE} " in str(log)
    assert "two.txt" in str(log)
    assert "one.txt" not in str(log)


def test_the_panel_widget_is_live_while_the_kernel_is_blocked(
    notebook: NotebookPage, lab: Lab
) -> None:
    """By the page's one WebSocket; where nothing offers that, by one of its own."""
    blocks = "import time\njx.options(name='shown').submit(['sleep', '1'])\ntime.sleep(600)"
    cells = ["import jobs_ext as jx\njx.panel()", "jx.panel()", blocks]
    sockets: list[WebSocket] = []
    notebook.page.on("websocket", lambda socket: sockets.append(socket))
    notebook.open(lab.write_notebook("widget.ipynb", *cells))
    for number, forget in enumerate(["() => null", FORGET_SHARED]):
        notebook.page.evaluate(forget)
        notebook.execute("notebook:run-cell-and-select-next")
        table = notebook.page.locator(".jx-table-of-jobs").nth(number)
        expect(table).to_be_visible(timeout=PATIENCE)
    notebook.execute("notebook:run-cell-and-select-next")
    row = notebook.outputs.locator(".jx-grid-row[data-status=SUCCEEDED]").filter(has_text="shown")
    expect(row).to_have_count(2, timeout=PATIENCE)
    live = [socket.url for socket in sockets if not socket.is_closed()]  # one may have come back
    ours = [url for url in live if "/jobs-ext/api/v1/events" in url]
    assert len(ours) == 2, "Lab's, and one table's own"


@pytest.mark.timeout(300)
def test_a_table_of_many_jobs_finds_any_moves_and_gives_it_to_the_kernel(
    notebook: NotebookPage, lab: Lab, browser: Browser
) -> None:
    many = (
        "import jobs_ext as jx\n"
        "def square(k):\n    return {'k': [k], 'square': [k * k]}\n"
        "one = jx.options(name='found').submit(square, 12).wait(60)\n"
        "batch = jx.options(hold=True, name='many').map(square, range(10_000))\n"
        "jx.panel(batch)"
    )
    notebook.open(lab.write_notebook("many.ipynb", many, "jx.panel()"))
    notebook.run_all()
    table = notebook.page.locator(".jx-table-of-jobs").nth(0)
    expect(table).to_contain_text("10,000 jobs", timeout=PATIENCE)
    table.get_by_label("Go to row").fill("9876")
    expect(table.get_by_text("many[9876]")).to_be_visible(timeout=PATIENCE)
    table.locator(".jx-grid-row").filter(has_text="many[9876]").focus()
    notebook.page.keyboard.press("Shift+ArrowDown")
    expect(table.get_by_text("2 selected")).to_be_visible(timeout=PATIENCE)
    notebook.page.keyboard.type("[4321]")  # which the filter gets
    expect(table.locator(".jx-grid-row")).to_have_count(1, timeout=PATIENCE)
    table.get_by_label("Select many[4321]").check()
    table.get_by_role("button", name="Delete").click()
    expect(table.get_by_text("Deleted 1 job.")).to_be_visible(timeout=PATIENCE)
    table.get_by_role("button", name="Undo").click()
    expect(table.get_by_text("Brought back 1 job.")).to_be_visible(timeout=PATIENCE)

    table.get_by_label("Filter jobs by name or expression").fill("many[9")
    expect(table).to_contain_text("100+ jobs", timeout=PATIENCE)
    table.get_by_label("Select all rows that are loaded").check()
    table.get_by_role("button", name="Select all that match").click()
    expect(table.get_by_text("1,111 selected")).to_be_visible(timeout=PATIENCE)
    table.get_by_role("button", name="Delete").click()
    expect(table.get_by_text("Deleted 1,111 jobs.")).to_be_visible(timeout=PATIENCE)
    table.get_by_role("button", name="Undo").click()
    expect(table.get_by_text("Brought back 1,111 jobs.")).to_be_visible(timeout=PATIENCE)

    table.get_by_label("Filter jobs by name or expression").fill("")
    expect(table).to_contain_text("10,000 jobs")
    batch = lab.ask("GET", "jobs-ext/api/v1/batches")["items"][0]["id"]

    def done() -> bool:
        counts = lab.ask("GET", f"jobs-ext/api/v1/batches/{batch}")["counts"]
        return counts["SUCCEEDED"] > SOME

    browser.start_tracing(page=notebook.page, categories=["toplevel"])
    lab.ask("POST", f"jobs-ext/api/v1/batches/{batch}/release")
    until(done, what="some hundred jobs")
    expect(table.locator("[data-status=SUCCEEDED]").first).to_be_visible(timeout=PATIENCE)
    longest = max(task.processor for task in tasks(browser.stop_tracing()))
    assert longest < LONGEST_FRAME
    lab.ask("POST", f"jobs-ext/api/v1/batches/{batch}/cancel")

    every = notebook.page.locator(".jx-table-of-jobs").nth(1)
    every.get_by_label("Filter jobs by name or expression").fill("found")
    every.get_by_label("Filter jobs by status").select_option("Succeeded")
    every.get_by_role("button", name="Put the table of found into a variable").click()
    expect(every.get_by_text("found is a DataFrame now, 1 × 2.")).to_be_visible(timeout=PATIENCE)
    every.get_by_label("Filter jobs by name or expression").fill("")
    expect(every).to_contain_text("+ jobs", timeout=PATIENCE)
    picture(notebook.page, "panel")
