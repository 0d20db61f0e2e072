"""The forms as a reader sees them: every control, and what the buttons do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.gallery import NARROW, VIEWS, Gallery, Part, finished
from tests.browser.lab import Lab
from tests.browser.page import PATIENCE, badge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TOOL = """
name = "survey"
title = "Survey"
description = "Reads a survey of wells."
command = ["cat", "{table}"]

[inputs.table]
title = "Table"
description = "One row for each well."

[inputs.more]
title = "More tables"
multiple = true
required = false

[parameters.method]
title = "Method"
description = "How depths between two wells are found."
enum = ["nearest", "linear", "cubic"]
default = "linear"

[parameters.depth]
title = "Depth (m)"
description = "The deepest layer."
type = "integer"
minimum = 1
maximum = 100
default = 20

[parameters.share]
title = "Share of wells"
type = "number"
minimum = 0
maximum = 1
default = 0.25

[parameters.seen]
title = "Seen on"
type = "string"
format = "date"
default = "2026-03-01"

[parameters.origin]
title = "Origin"
description = "Where the grid begins."
type = "object"
required = ["x", "y"]
[parameters.origin.properties.x]
title = "East"
type = "number"
default = 0
[parameters.origin.properties.y]
title = "North"
type = "number"
default = 0

[parameters.layers]
title = "Layer"
description = "From the top down."
type = "array"
default = ["sand", "clay"]
[parameters.layers.items]
type = "string"

[parameters.strict]
title = "Stop at the first mistake"
type = "boolean"
default = true

[parameters.note]
title = "Note"
description = "Anything worth keeping."
type = "string"
default = ""
"""

FUNCTION = '''
from pathlib import Path
from typing import Annotated, Literal

def smooth(values: list[float], window: Annotated[int, {"minimum": 1, "maximum": 9}] = 3,
           kind: Literal["mean", "median"] = "mean", label: str | None = None):
    """Smooth a series.

    Args:
        values: What was measured.
        window: How many neighbours count.
        kind: What stands for them.
        label: Of the result.
    """
    return sum(values) / len(values)

jx.form(smooth)
'''

MISTAKES = """
mistakes = jx.form("survey")
mistakes.fields["table"].fill("nowhere.csv")
mistakes.submit()
mistakes
"""

SWEEP = """
sweep = jx.form("survey")
sweep.fields["table"].fill("wells.csv")
sweep._sweep.value = True
sweep.swept["depth"].control.value = "10..30..10"
sweep.swept["method"].control.value = "linear, cubic"
sweep
"""

SUBMITTED = """
submitted = jx.form("wc")
submitted.fields["text"].fill("wells.csv")
submitted.submit().wait(60)
submitted
"""

LAST = """
last = jx.form("wc")
last.use_last()
last
"""


def every_control(output: Locator) -> None:
    expect(output.get_by_role("textbox", name="Table *")).to_be_visible(timeout=PATIENCE)
    group = output.get_by_role("group", name="Uploads: Table")
    expect(group.get_by_role("button", name="Upload a file")).to_be_visible(timeout=PATIENCE)
    several = output.get_by_role("group", name="Uploads: More tables")
    expect(several.get_by_role("button", name="Upload files")).to_be_visible()
    expect(output.get_by_role("combobox", name="Method")).to_have_value("linear")
    expect(output.get_by_role("slider", name="Depth (m)")).to_have_value("20")
    expect(output.get_by_role("spinbutton", name="Share of wells")).to_have_value("0.25")
    expect(output.get_by_label("Seen on", exact=True)).to_have_value("2026-03-01")
    expect(output.get_by_role("textbox", name="Layer 2")).to_have_value("clay")
    expect(output.get_by_role("checkbox", name="Stop at the first mistake")).to_be_checked()
    expect(output).to_contain_text("Where the grid begins.")


def picker(output: Locator) -> None:
    browse = output.get_by_role("button", name="Browse").first
    expect(browse).to_be_visible(timeout=PATIENCE)
    files = output.get_by_label("Files").first
    if not files.is_visible():
        browse.click()
    expect(files.locator("option", has_text="wells.csv")).to_have_count(1, timeout=PATIENCE)
    options = output.get_by_label("memory")
    if not options.is_visible():
        output.get_by_text("Resources and options").click()
    expect(options).to_be_visible(timeout=PATIENCE)


def of_a_function(output: Locator) -> None:
    expect(output.get_by_role("slider", name="window")).to_have_value("3", timeout=PATIENCE)
    expect(output).to_contain_text("How many neighbours count.")
    if not output.get_by_role("textbox", name="values 1").is_visible():
        output.get_by_role("button", name="Add values").click()
    expect(output.get_by_label("values 1")).to_be_visible(timeout=PATIENCE)


def mistakes(output: Locator) -> None:
    beside = output.get_by_role("alert").filter(has_text="nowhere.csv")
    expect(beside).to_be_visible(timeout=PATIENCE)
    below = output.get_by_role("alert").filter(has_text="Not submitted. Please look at: Table.")
    expect(below).to_be_visible()


def sweep(output: Locator) -> None:
    expect(output.get_by_role("textbox", name="Layer: sweep")).to_be_visible(timeout=PATIENCE)
    submit = output.get_by_role("button", name="Submit 6 jobs")
    expect(submit).to_be_visible(timeout=PATIENCE)
    if not output.get_by_role("textbox", name="Code").is_visible():
        output.get_by_role("button", name="Copy as code").click()
    code = output.get_by_role("textbox", name="Code")
    expect(code).to_have_value(re.compile("jx.map"), timeout=PATIENCE)


def submitted(output: Locator) -> None:
    badge(output.locator(".jx-card"), "SUCCEEDED")
    expect(output.get_by_role("button", name="Last values")).to_have_count(0)


def last_values(output: Locator) -> None:
    expect(output.get_by_role("button", name="Last values")).to_be_visible(timeout=PATIENCE)
    expect(output.get_by_role("textbox", name="Text file *")).to_have_value("wells.csv")


PARTS = [
    Part("form", "form = jx.form('survey')\nform", every_control),
    Part("form-files", "jx.form('wc')", picker),
    Part("form-function", FUNCTION, of_a_function),
    Part("form-mistakes", MISTAKES, mistakes),
    Part("form-sweep", SWEEP, sweep),
    Part("form-submitted", SUBMITTED, submitted),
    Part("form-last", LAST, last_values),
]


@pytest.fixture(scope="module")
def gallery(
    context: BrowserContext, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gallery]:
    (lab.root / "wells.csv").write_text("well,depth\nA1,12.5\n")
    (lab.root / "tools").mkdir()
    (lab.root / "tools" / "survey.toml").write_text(TOOL)
    with Gallery(context, lab, PARTS, "forms", tmp_path_factory.mktemp("forms")) as gallery:
        yield gallery


@pytest.mark.parametrize(("app", "theme"), VIEWS)
def test_the_forms_are_finished(gallery: Gallery, app: str, theme: str) -> None:
    gallery.show(app, theme)


def test_the_forms_are_finished_in_a_narrow_window(gallery: Gallery) -> None:
    gallery.show("notebook", "light", width=NARROW)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_saved_form_tells_its_values_where_nothing_runs(
    gallery: Gallery, *, trusted: bool
) -> None:
    kept = nbformat.read(gallery.lab.root / "forms.ipynb", as_version=4)
    if not trusted:
        kept.cells[0].source += "  # not what was signed"
    copy = gallery.lab.root / f"copy-{trusted}.ipynb"
    nbformat.write(kept, copy)
    page = gallery.tab("lab").page
    gallery.tab("lab").execute("docmanager:open", path=copy.name)
    expect(page.get_by_role("tab", name=copy.name, selected=True)).to_be_visible(timeout=PATIENCE)
    cell = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(5)
    output = cell.locator(".jp-Cell-outputArea")
    output.get_by_text("Values of Survey").click(timeout=PATIENCE)
    row = output.get_by_role("row").filter(has_text="table")
    expect(row).to_contain_text("wells.csv")
    gone = output.get_by_text("Error displaying widget")
    expect(gone).to_have_count(int(trusted), timeout=PATIENCE)
    expect(gone).to_be_hidden()  # the values say more
    gallery.picture(output, f"saved-{trusted}")
    assert not finished(output)
