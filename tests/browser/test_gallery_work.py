"""Sweeps, magics, functions and the panel as a reader sees them: pictures in four views."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.gallery import VIEWS, Gallery, Part
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

START = """
import jobs_ext as jx
import pandas as pd
from threading import Lock
%load_ext jobs_ext

def grow(years, rate=0.1):
    "Return the sizes after each year."
    print(f"{years} years at {rate}")
    return pd.DataFrame({"year": range(years), "size": [(1 + rate) ** n for n in range(years)]})

def inverse(k):
    return 1 / k

table = pd.DataFrame({"city": ["Bern", "Basel"], "people": [134_000, 173_000]})
rows = pd.DataFrame({"years": [1, 2, 3], "rate": [0.1, 0.2, 0.3]})
"""

GRID = """
grown = jx.options(name="grow", cache="reuse").map(grow, jx.grid(years=[1, 2], rate=[0.1, 0.2]))
grown.wait(60)
grown
"""

AGAIN = """
again = jx.options(name="grow", cache="reuse").map(grow, jx.grid(years=[1, 2], rate=[0.1, 0.2]))
again.df(wait=True)
"""

ROWS = """
of_rows = jx.options(name="rows", max_running=1).map(grow, rows)
side_by_side = jx.options(name="zipped").map(grow, jx.zipped(years=[2, 3], rate=[0.1, 0.2]))
pd.concat([of_rows.df(), side_by_side.df()])[["years", "rate", "year", "size"]]
"""

FAILURES = """
mixed = jx.options(name="mixed").map(inverse, [0, 1, 2, 0])
mixed.wait(60)
mixed.failures()
"""

MAGIC = """
%%job double --inputs table --outputs doubled --cpu 1 --memory 1GB --timeout 5min
doubled = table.assign(people=2 * table.people)
print("doubled", len(doubled), "rows")
"""

ELSEWHERE = """
from sys import executable
!{executable} -c "import pandas; print(pandas.read_parquet('results.parquet').shape)"
"""

RESULT = """
%job last result
"""

TOOL = """
@jx.tool
def scale(frame, factor: float = 2.0):
    "Scale the people of a frame."
    return frame.assign(people=frame.people * factor)

scaled = scale.submit(table, factor=3).wait(60)
scaled.result().dtypes.equals(table.dtypes), scale.submit(scaled, factor=1).wait(60).result()
"""


def says(*texts: str) -> Callable[[Locator], None]:
    """Return the look at an output that says these."""

    def look(output: Locator) -> None:
        for text in texts:
            expect(output).to_contain_text(text, timeout=PATIENCE)

    return look


def grid(output: Locator) -> None:
    badge(output.locator(".jx-card"), "SUCCEEDED")
    expect(output.locator(".jx-counts")).to_have_text("4 succeeded")


def reused(output: Locator) -> None:
    """It says so, and not as errors are said."""
    expect(output).to_contain_text("4 of 4 jobs not run again: reused.")
    expect(output.locator("[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
    expect(output.locator("tbody tr")).to_have_count(6)


def magic(output: Locator) -> None:
    badge(output.locator(".jx-card"), "SUCCEEDED")
    expect(output.get_by_role("link", name="doubled.parquet")).to_be_visible(timeout=PATIENCE)


def rows_of(number: int) -> Callable[[Locator], None]:
    """Return the look at a list with so many jobs at least."""

    def look(output: Locator) -> None:
        expect(output.locator(".jx-row").nth(number - 1)).to_be_visible(timeout=PATIENCE)

    return look


def panel(output: Locator) -> None:
    """Two of its jobs are ticked, the table of another one becomes a variable of the kernel."""
    table = output.locator(".jx-table-of-jobs")
    table.get_by_label("Filter jobs by name or expression").fill("rows")
    expect(table.locator(".jx-grid-row")).to_have_count(3, timeout=PATIENCE)
    table.get_by_role("button", name="Put the table of rows[2] into a variable").click()
    expect(table).to_contain_text("is a DataFrame now, 3 × 2.", timeout=PATIENCE)
    for job in ("rows[0]", "rows[1]"):
        table.get_by_label(f"Select {job}").check()
    expect(table).to_contain_text("2 selected")
    for verb in ("Cancel", "Delete"):
        expect(table.get_by_role("button", name=verb)).to_be_visible()


PARTS = [
    Part("sweep", GRID, grid),
    Part("reuse", AGAIN, reused),
    Part("rows", ROWS, says("0.3")),
    Part("partial", "mixed = None\ngrown.df(wait=False).head(2)", says("years", "rate", "size")),
    Part("failures", FAILURES, rows_of(2)),
    Part("failures-frame", "mixed.failures().df()", says("reason_code", "ZeroDivisionError")),
    Part("saved", "grown.save('results.parquet')", says("results.parquet")),
    Part("read-elsewhere", ELSEWHERE, says("(6, 5)")),
    Part("magic", MAGIC, magic),
    Part("magic-result", RESULT, says("268000")),
    Part("jobs", "%jobs", rows_of(5)),
    Part("logs", "%job last logs", says("doubled 2 rows")),
    Part(
        "unbound",
        "%%job bad --outputs x\nx = nowhere + 1",
        says("The cell uses nowhere"),
        raises=True,
    ),
    Part("tool", TOOL, says("402000")),
    Part(
        "exception",
        "jx.submit(inverse, 0).result()",
        says("ZeroDivisionError: Job 'inverse' failed", "return 1 / k"),
        raises=True,
    ),
    Part(
        "not-picklable",
        "jx.submit(inverse, {'a': [Lock()]})",
        says("k['a'][0] (a lock)"),
        raises=True,
    ),
    Part("provenance", "scaled.provenance", says("notebook: work.ipynb", "packages:")),
    Part("panel", "jx.panel()", panel),
]


@pytest.fixture(scope="module")
def gallery(
    context: BrowserContext, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gallery]:
    with Gallery(context, lab, PARTS, "work", tmp_path_factory.mktemp("work"), START) as gallery:
        yield gallery


@pytest.mark.parametrize(("app", "theme"), VIEWS)
def test_what_cells_show_is_finished(gallery: Gallery, app: str, theme: str) -> None:
    gallery.show(app, theme)
