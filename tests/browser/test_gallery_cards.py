"""The cards as a reader sees them: four views of one notebook, a picture of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from jobs_ext.model.view import MIME
from tests.browser.gallery import NARROW, VIEWS, Gallery, Part
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ID = "00000000-0000-7000-8000-000000000000"  # of no server

START = """
import jobs_ext as jx
from time import sleep

def inverse(k):
    "Return 1 / k."
    return 1 / k
"""

RUNNING = """
def train(epochs):
    for epoch in range(epochs):
        jx.progress((epoch + 1) / 10, f"epoch {epoch + 1}: loss 0.{97 - epoch}")
        print(f"epoch {epoch + 1} of {epochs}", flush=True)
        if epoch == 3:
            sleep(600)

running = jx.options(name="train").submit(train, 10)
running
"""

OUTPUTS = r'''
PLOT = """<svg xmlns="http://www.w3.org/2000/svg" width="320" height="120">
<rect width="320" height="120" fill="white"/>
<polyline points="10,110 80,60 150,75 220,30 310,12" fill="none" stroke="#1976d2" stroke-width="3"/>
</svg>"""
PAGE = "<h1 style='color: teal'>Report</h1><script>document.title = 'ran'</script><p>Two wells.</p>"

def report():
    from os import environ
    from pathlib import Path
    folder = Path(environ["JOBS_OUTPUT_DIR"])
    (folder / "wells.csv").write_text("well,depth,kind\nA1,12.5,sand\nA2,7,clay\n")
    (folder / "depths.svg").write_text(PLOT)
    (folder / "notes.txt").write_text("Both wells were read twice.\n")
    (folder / "report.html").write_text(PAGE)

outputs = jx.options(name="report").submit(report)
outputs.wait(60)
outputs
'''

ELSEWHERE = f"""
from IPython.display import display
seen = jx.submit(inverse, 8).wait(60)._repr_mimebundle_()
display(seen | {{{MIME!r}: seen[{MIME!r}] | {{"server": "{ID}"}}}}, raw=True)
"""
CARD = ".jx-card"


def pending(output: Locator) -> None:
    badge(output.locator(CARD), "PENDING")
    expect(output.locator(".jx-facts")).to_contain_text("Waiting")
    expect(output.get_by_role("button", name="Cancel")).to_be_visible(timeout=PATIENCE)


def running(output: Locator) -> None:
    badge(output.locator(CARD), "RUNNING")
    bar = output.get_by_role("progressbar", name="Progress")
    expect(bar).to_have_attribute("aria-valuenow", "40", timeout=PATIENCE)
    expect(output.locator(CARD)).to_contain_text("40 % · epoch 4: loss 0.94")
    unfold(output, "Log")
    expect(output.locator(".jx-log")).to_contain_text("epoch 4 of 10", timeout=PATIENCE)


def unfold(output: Locator, title: str) -> None:
    """Open a fold of a card that may be open."""
    fold = output.locator("details").filter(has=output.page.locator(f"summary:text-is('{title}')"))
    if fold.get_attribute("open") is None:
        fold.locator("summary").first.click()


def preview(output: Locator, name: str) -> Locator:
    toggle = output.get_by_label(f"Preview {name}")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    return output.locator(".jx-output").filter(has_text=name).locator(".jx-preview")


def outputs(output: Locator) -> None:
    badge(output.locator(CARD), "SUCCEEDED")
    expect(output.get_by_label("Preview wells.csv")).to_be_visible(timeout=PATIENCE)
    expect(preview(output, "wells.csv").locator("th")).to_have_text(["well", "depth", "kind"])
    expect(preview(output, "depths.svg").get_by_role("img", name="depths.svg")).to_be_visible()
    expect(preview(output, "notes.txt")).to_contain_text("Both wells were read twice.")
    page = preview(output, "report.html").locator("iframe")
    expect(page).to_have_attribute("sandbox", "")
    expect(page.content_frame.get_by_role("heading")).to_have_text("Report")


def failed(output: Locator) -> None:
    badge(output.locator(CARD), "FAILED")
    expect(output.locator(".jx-reason")).to_contain_text("ZeroDivisionError: division by zero")
    for word in ("Retry", "Run again", "Edit and run", "Copy as code"):
        expect(output.get_by_role("button", name=word)).to_be_visible(timeout=PATIENCE)
    unfold(output, "Log")
    expect(output.locator(".jx-log")).to_contain_text("ZeroDivisionError", timeout=PATIENCE)


def cancelled(output: Locator) -> None:
    badge(output.locator(CARD), "CANCELLED")
    expect(output.get_by_role("button", name="Run again")).to_be_visible(timeout=PATIENCE)


def batch(output: Locator) -> None:
    badge(output.locator(CARD), "FAILED")
    expect(output.locator(".jx-counts")).to_have_text("5 succeeded2 failed")
    expect(output.locator(".jx-failure")).to_have_count(1)
    expect(output.locator(".jx-failure")).to_contain_text("ZeroDivisionError")
    unfold(output, "All jobs")
    expect(output.locator(".jx-grid-row")).to_have_count(7, timeout=PATIENCE)


def elsewhere(output: Locator) -> None:
    expect(output.locator(".jx-label")).to_contain_text("Ran elsewhere", timeout=PATIENCE)
    badge(output.locator(CARD), "SUCCEEDED")
    expect(output.get_by_role("button")).to_have_count(0)
    expect(output.get_by_role("link")).to_have_count(0)


def listed(output: Locator) -> None:
    expect(output.locator(".jx-grid-row, .jx-row")).not_to_have_count(0, timeout=PATIENCE)


PARTS = [
    Part("pending", "jx.options(name='later', hold=True).submit(inverse, 4)", pending),
    Part("running", RUNNING, running),
    Part("outputs", OUTPUTS, outputs),
    Part("failed", "failed = jx.submit(inverse, 0)\nfailed", failed),
    Part("cancelled", "gone = jx.submit(['sleep', '600'])\ngone.cancel()\ngone", cancelled),
    Part("batch", "batch = jx.map(inverse, [0, 1, 2, 3, 0, 4, 5])\nbatch.wait(60)\nbatch", batch),
    Part("elsewhere", ELSEWHERE, elsewhere),
    Part("list", "jx.jobs(limit=5)", listed),
]


@pytest.fixture(scope="module")
def gallery(
    context: BrowserContext, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gallery]:
    with Gallery(context, lab, PARTS, "cards", tmp_path_factory.mktemp("cards"), START) as gallery:
        yield gallery


@pytest.mark.parametrize(("app", "theme"), VIEWS)
def test_the_cards_are_finished(gallery: Gallery, app: str, theme: str) -> None:
    gallery.show(app, theme)


def test_the_cards_are_finished_in_a_narrow_window(gallery: Gallery) -> None:
    gallery.show("notebook", "light", width=NARROW)
